# keep-healthy AFTER READY ANSWERING CHECK…: the container's health check, and the end of its program when that goes on failing.
#
# Docker starts anew what has ended, not what hangs. So when CHECK has had no answer for AFTER seconds without a break, every process but
# the container's init is ended, and Docker's restart policy takes over. Before CHECK has been good once since the start, that takes READY
# seconds; 0: nothing is ended then, because a database may replay its log for an hour. A program that answers, and says that it cannot
# work (exit code 22, as curl has it), gets ANSWERING seconds, 0: for ever; what it needs may be away, and ending it would not help.
#
# /tmp is the container's own and new at each start. It holds whether CHECK has been good since then, and since when it fails, and has no answer.
after=$1 ready=$2 answering=$3
shift 3
own=/tmp/.health
now=$(date +%s)
# The program itself may have written there: what is no number counts as 0.
number() { case $1 in '' | *[!0-9]*) echo 0 ;; *) echo "$1" ;; esac; }
put() { { printf '%s\n' "$1" > "$own.new" && mv -f "$own.new" "$own"; } 2> /dev/null; }
was=0 since=0 silent=0
[ ! -r "$own" ] || read -r was since silent < "$own" || true
was=$(number "$was") since=$(number "$since") silent=$(number "$silent")

# 0 for both: never.
[ "$was" -gt 0 ] || after=$ready
[ "$was" -gt 0 ] || [ "$ready" -gt 0 ] || answering=0
over() { [ "$1" -gt 0 ] && [ "$2" -gt 0 ] && [ $((now - $1)) -ge "$2" ]; }
if over "$silent" "$after" || over "$since" "$answering"; then
  echo "unhealthy for $((now - since)) s: ended"
  kill -TERM -1 2> /dev/null
  sleep 1
  kill -KILL -1 2> /dev/null
  exit 1
fi

# Noted before it is known: a check that hangs is ended from outside, and then counts as failed.
[ "$since" -gt 0 ] || since=$now
[ "$silent" -gt 0 ] || silent=$now
put "$was $since $silent"
"$@"
case $? in
  0)
    put "1 0 0"
    exit 0
    ;;
  22) put "$was $since 0" ;;
esac
exit 1
