/**
 * The parent of every child process: a few lines of POSIX shell, started detached with the run's folder and the command.
 *
 * @remarks
 * It outlives the agent, so that the agent's death takes nothing down and no exit status is lost. First it
 * claims the run: `claim`, linked into place whole and only once, holds its own pid and process-table entry; a second
 * shim for the same run says `taken` and ends. The port it was given goes to `port`. Output goes to files, the child's
 * pid to `pid` and to standard output, its exit status to `exit`. A signal to the group reaches the child; the shim
 * itself ignores it: from after the fork on, since a child inherits what is ignored. Ignored, not trapped: a trap ends
 * the `wait`, and when the child ends in that moment, what `wait` says is the trap's signal, not the child's status.
 * So is that nobody reads its standard output any more: an agent may die between the fork and the line it waits for.
 * @internal
 */
export const shim = `
dir=$1
shift
mine=$dir/claim.$$
{
  echo "$$"
  cat "/proc/$$/stat" 2>/dev/null || ps -o stat=,lstart= -p "$$"
} >"$mine"
if ! ln "$mine" "$dir/claim" 2>/dev/null; then
  rm -f "$mine"
  echo taken
  exit 0
fi
rm -f "$mine"
[ -n "$KEELSON_PORT" ] && echo "$KEELSON_PORT" >"$dir/port"
unset KEELSON_PORT
"$@" >>"$dir/stdout.log" 2>>"$dir/stderr.log" </dev/null &
child=$!
trap '' TERM INT HUP PIPE
echo "$child" >"$dir/pid.part"
mv "$dir/pid.part" "$dir/pid"
echo "$child"
exec >/dev/null 2>&1
wait "$child"
echo "$?" >"$dir/exit.part"
mv "$dir/exit.part" "$dir/exit"
`;
