/**
 * The functions of the driver's schema; made anew whenever the schema is brought up to date.
 *
 * @remarks
 * Revisions are handed out one transaction after the other: whoever makes one holds the advisory lock until it is
 * committed and visible. Numbers from a sequence become visible out of order, and a reader that goes by `id > last`
 * misses those that come late. What is compared is read by statements after the one that took the lock, since only
 * those see what the lock's last holder has done; hence READ COMMITTED, which each session of the driver sets.
 */
export function functions(schema: string): string {
  const lock = `PERFORM pg_advisory_xact_lock((1801812332::bigint << 32) | '${schema}.meta'::regclass::oid::bigint);`;
  return `
CREATE OR REPLACE FUNCTION ${schema}.txn(batch jsonb, bytes bytea)
RETURNS TABLE (txn int, op int, kind text, key bytea, value bytea, created bigint, modified bigint, version bigint, lease text)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  t jsonb; c jsonb; o jsonb; ops jsonb;
  nr int := -1; i int; next_place int; n bigint; a bytea; b bytea; v bytea;
  first_revision bigint; rev bigint; ok boolean; missing text; actual bigint; expected bigint;
  prior record; made bigint; times bigint;
BEGIN
  ${lock}
  SELECT m.revision INTO first_revision FROM ${schema}.meta m;
  rev := first_revision;
  FOR t IN SELECT e FROM jsonb_array_elements(batch) e LOOP
    nr := nr + 1;
    ok := true;
    FOR c IN SELECT e FROM jsonb_array_elements(t->'if') e LOOP
      SELECT * INTO prior FROM ${schema}.kv k WHERE k.key = decode(c->>'key', 'hex');
      CASE c->>'target'
        WHEN 'value' THEN
          v := substring(bytes FROM (c->>'at')::int + 1 FOR (c->>'size')::int);
          ok := prior.key IS NOT NULL AND (prior.value = v) = (c->>'op' = '=');
        WHEN 'lease' THEN
          ok := (prior.lease IS NOT DISTINCT FROM c->>'value') = (c->>'op' = '=');
        ELSE
          actual := coalesce(CASE c->>'target' WHEN 'version' THEN prior.version WHEN 'createRevision' THEN prior.created ELSE prior.modified END, 0);
          expected := (c->>'value')::bigint;
          ok := CASE c->>'op' WHEN '=' THEN actual = expected WHEN '!=' THEN actual <> expected WHEN '<' THEN actual < expected ELSE actual > expected END;
      END CASE;
      EXIT WHEN NOT ok;
    END LOOP;
    ops := CASE WHEN ok THEN t->'then' ELSE t->'else' END;
    SELECT e->>'lease' INTO missing FROM jsonb_array_elements(ops) e WHERE e->>'lease' IS NOT NULL AND NOT EXISTS (
      SELECT FROM ${schema}.lease l WHERE l.id = e->>'lease' AND l.expires > clock_timestamp()) LIMIT 1;
    IF missing IS NOT NULL THEN
      RETURN QUERY SELECT nr, 0, 'lease', NULL::bytea, NULL::bytea, 0::bigint, 0::bigint, 0::bigint, missing;
      CONTINUE;
    END IF;
    next_place := 0;
    i := -1;
    FOR o IN SELECT e FROM jsonb_array_elements(ops) e LOOP
      i := i + 1;
      a := decode(o->>'key', 'hex');
      CASE o->>'type'
        WHEN 'put' THEN
          v := substring(bytes FROM (o->>'at')::int + 1 FOR (o->>'size')::int);
          INSERT INTO ${schema}.kv AS k VALUES (a, v, rev + 1, rev + 1, 1, o->>'lease')
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, modified = excluded.modified, version = k.version + 1, lease = excluded.lease
            RETURNING k.created, k.version INTO made, times;
          INSERT INTO ${schema}.log VALUES (rev + 1, next_place, a, v, made, times, o->>'lease');
          next_place := next_place + 1;
        WHEN 'delete' THEN
          b := decode(o->>'end', 'hex');
          INSERT INTO ${schema}.log
            SELECT rev + 1, next_place - 1 + row_number() OVER (ORDER BY k.key), k.key, NULL, 0, 0, NULL
            FROM ${schema}.kv k WHERE k.key >= a AND k.key < b;
          GET DIAGNOSTICS n = ROW_COUNT;
          next_place := next_place + n;
          IF n > 0 THEN
            IF (o->>'prevKv')::boolean THEN
              RETURN QUERY SELECT nr, i, 'kv', k.* FROM ${schema}.kv k WHERE k.key >= a AND k.key < b ORDER BY k.key;
            END IF;
            DELETE FROM ${schema}.kv k WHERE k.key >= a AND k.key < b;
          END IF;
          RETURN QUERY SELECT nr, i, 'count', NULL::bytea, NULL::bytea, n, 0::bigint, 0::bigint, NULL;
        WHEN 'range' THEN
          b := decode(o->>'end', 'hex');
          RETURN QUERY SELECT nr, i, 'kv', k.* FROM ${schema}.kv k WHERE k.key >= a AND k.key < b ORDER BY k.key LIMIT (o->>'limit')::bigint;
          RETURN QUERY SELECT nr, i, 'count', NULL::bytea, NULL::bytea, count(*), 0::bigint, 0::bigint, NULL FROM ${schema}.kv k WHERE k.key >= a AND k.key < b;
      END CASE;
    END LOOP;
    IF next_place > 0 THEN rev := rev + 1; END IF;
    RETURN QUERY SELECT nr, 0, 'done', NULL::bytea, NULL::bytea, rev, ok::int::bigint, 0::bigint, NULL;
  END LOOP;
  IF rev > first_revision THEN PERFORM ${schema}.advance(rev); END IF;
END $body$;

CREATE OR REPLACE FUNCTION ${schema}.advance(rev bigint) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  UPDATE ${schema}.meta SET revision = rev;
  PERFORM pg_notify('keelson_' || '${schema}.meta'::regclass::oid, '');
END $body$;

CREATE OR REPLACE FUNCTION ${schema}.end_leases(wanted text) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  rev bigint; first_revision bigint; ended text; n bigint;
BEGIN
  ${lock}
  SELECT m.revision INTO first_revision FROM ${schema}.meta m;
  rev := first_revision;
  FOR ended IN SELECT l.id FROM ${schema}.lease l
    WHERE CASE WHEN wanted IS NULL THEN l.expires <= clock_timestamp() ELSE l.id = wanted END ORDER BY l.expires, l.id FOR UPDATE
  LOOP
    INSERT INTO ${schema}.log
      SELECT rev + 1, row_number() OVER (ORDER BY k.key) - 1, k.key, NULL, 0, 0, NULL FROM ${schema}.kv k WHERE k.lease = ended;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n > 0 THEN
      DELETE FROM ${schema}.kv k WHERE k.lease = ended;
      rev := rev + 1;
    END IF;
    DELETE FROM ${schema}.lease l WHERE l.id = ended;
  END LOOP;
  IF rev > first_revision THEN PERFORM ${schema}.advance(rev); END IF;
  RETURN rev;
END $body$;

CREATE OR REPLACE FUNCTION ${schema}.compact(wanted bigint) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  last bigint;
BEGIN
  ${lock}
  SELECT m.revision INTO last FROM ${schema}.meta m;
  IF wanted <= last THEN UPDATE ${schema}.meta SET compacted = wanted WHERE compacted < wanted; END IF;
  RETURN last;
END $body$;

CREATE OR REPLACE FUNCTION ${schema}.trim() RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
  start bigint; stop bigint; last bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock((1801812333::bigint << 32) | '${schema}.meta'::regclass::oid::bigint) THEN RETURN false; END IF;
  SELECT h.trimmed, m.compacted INTO start, last FROM ${schema}.history h, ${schema}.meta m;
  IF start >= last THEN RETURN false; END IF;
  stop := least(last, start + 1000);
  DELETE FROM ${schema}.log o USING ${schema}.log d
    WHERE d.revision > start AND d.revision <= stop AND o.key = d.key AND o.revision < d.revision;
  DELETE FROM ${schema}.log d WHERE d.revision > start AND d.revision <= stop AND d.value IS NULL;
  UPDATE ${schema}.history SET trimmed = stop;
  RETURN stop < last;
END $body$;

CREATE OR REPLACE FUNCTION ${schema}.retain(age_ms double precision, kept double precision) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  last bigint; target bigint;
BEGIN
  ${lock}
  SELECT m.revision INTO last FROM ${schema}.meta m;
  IF NOT EXISTS (SELECT FROM ${schema}.mark WHERE at > clock_timestamp() - interval '50 s') THEN
    INSERT INTO ${schema}.mark VALUES (clock_timestamp(), last);
  END IF;
  SELECT coalesce(max(revision), 0) INTO target FROM ${schema}.mark
    WHERE extract(epoch FROM clock_timestamp() - at) * 1000 >= age_ms;
  target := least(last - 1, greatest(target, last - least(kept, 9e15)::bigint));
  DELETE FROM ${schema}.mark WHERE revision <= target;
  UPDATE ${schema}.meta SET compacted = target WHERE compacted < target;
END $body$;
`;
}
