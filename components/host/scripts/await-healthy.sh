# Waits until every container in $CONTAINERS is healthy; says why not, with its last words, when one is not.
deadline=$(($(date +%s) + TIMEOUT))
last_words() {
  echo "Its last log lines:" >&2
  docker logs --tail 20 "$1" 2>&1 | sed 's/^/  | /' >&2
}
# Docker looks at a new container only after an interval; the container's own check says at once whether it is ready.
is_ready() {
  check=$(docker inspect -f '{{range $i, $word := .Config.Healthcheck.Test}}{{if $i}}{{$word}}{{"\x1f"}}{{end}}{{end}}' "$1") || return 1
  (
    # Its words may hold anything but the separator.
    IFS=$(printf '\037')
    set -f
    # shellcheck disable=SC2086
    exec docker exec "$1" $check > /dev/null 2>&1
  )
}
for id in $CONTAINERS; do
  while :; do
    seen=$(docker inspect -f '{{.Name}} {{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.Health.Status}}' "$id") || exit 1
    # shellcheck disable=SC2086 # five words, none with spaces
    set -- $seen
    name=${1#/} status=$2 restarts=$3 code=$4 health=$5
    [ "$status" = running ] && [ "$health" = healthy ] && break
    [ "$status" = running ] && [ "$health" = starting ] && is_ready "$id" && break
    # Between two starts: while it runs again, Docker says exit code 0 whatever the last one was.
    if { [ "$restarts" -ge 3 ] && [ "$status" != running ]; } || [ "$status" = exited ] || [ "$status" = dead ]; then
      echo "$name does not stay up: it ended with exit code $code and was started again $restarts times." >&2
      last_words "$id"
      exit 1
    fi
    if [ "$(date +%s)" -ge "$deadline" ]; then
      echo "$name is $status and $health after $TIMEOUT s; allowed: healthy within $TIMEOUT s. Its last health check said:" >&2
      docker inspect -f '{{range .State.Health.Log}}{{.Output}}{{println}}{{end}}' "$id" | grep . | tail -n 1 | sed 's/^/  | /' >&2
      last_words "$id"
      exit 1
    fi
    sleep 0.5
  done
done
# The provider has no input for it. Without a bound, one program that forks without end takes the machine's processes from all others.
# shellcheck disable=SC2086 # one word per container
docker update --pids-limit 2048 $CONTAINERS > /dev/null || exit 1
echo "$CONTAINERS"
