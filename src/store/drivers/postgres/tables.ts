/** What the driver creates in its schema. `kv` holds what is present, `log` every change that can still be read. */
export function tables(schema: string): string {
  return `
CREATE TABLE ${schema}.meta (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version int NOT NULL,
  store uuid NOT NULL DEFAULT gen_random_uuid(),
  revision bigint NOT NULL DEFAULT 1,
  compacted bigint NOT NULL DEFAULT 0
);
CREATE TABLE ${schema}.history (one boolean PRIMARY KEY DEFAULT true CHECK (one), trimmed bigint NOT NULL DEFAULT 0);
CREATE TABLE ${schema}.mark (at timestamptz PRIMARY KEY, revision bigint NOT NULL);
CREATE TABLE ${schema}.kv (
  key bytea PRIMARY KEY,
  value bytea NOT NULL,
  created bigint NOT NULL,
  modified bigint NOT NULL,
  version bigint NOT NULL,
  lease text
);
CREATE INDEX kv_lease ON ${schema}.kv (lease) WHERE lease IS NOT NULL;
CREATE TABLE ${schema}.log (
  revision bigint NOT NULL,
  place int NOT NULL,
  key bytea NOT NULL,
  value bytea,
  created bigint NOT NULL,
  version bigint NOT NULL,
  lease text,
  PRIMARY KEY (revision, place)
);
CREATE INDEX log_key ON ${schema}.log (key, revision);
CREATE TABLE ${schema}.lease (id text PRIMARY KEY, ttl double precision NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX lease_expires ON ${schema}.lease (expires);
INSERT INTO ${schema}.history DEFAULT VALUES;
INSERT INTO ${schema}.meta (version) VALUES (0);
`;
}
