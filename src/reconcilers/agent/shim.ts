/**
 * The parent of every child process: a few lines of POSIX shell, started detached with the run's folder and the command.
 *
 * @remarks
 * It outlives the agent, so that the agent's death takes nothing down and no exit status is lost: output goes to files,
 * the child's pid to `pid` and, once, to standard output; its exit status to `exit`, whole or not at all. A signal to
 * the group reaches the child; the shim itself only notes it and goes on waiting.
 * @internal
 */
export const shim = `
dir=$1
shift
trap : TERM INT HUP
"$@" >>"$dir/stdout.log" 2>>"$dir/stderr.log" </dev/null &
child=$!
echo "$child" >"$dir/pid"
echo "$child"
exec >/dev/null 2>&1
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" || break
done
echo "$code" >"$dir/exit.part"
mv "$dir/exit.part" "$dir/exit"
`;
