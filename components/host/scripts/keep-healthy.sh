# keep-healthy NAME AFTER READY ANSWERING LIMIT CHECK…: the container's health check, and the end of its program when that goes on failing.
#
# Docker starts anew what has ended, not what hangs. So when CHECK has had no answer for AFTER seconds without a break, every process but
# the container's init is ended, and Docker's restart policy takes over. Before CHECK has been good once since the start, that takes READY
# seconds; 0: nothing is ended then, because a database may replay its log for an hour. A program that answers, and says that it cannot
# work (exit code 22, as curl has it), gets ANSWERING seconds, 0: for ever; what it needs may be away, and ending it would not help. Each
# next time takes twice as long; after LIMIT times the program is left as it is, for somebody to look at. Ten good minutes begin anew.
#
# /tmp is the container's own and new at each start: since when CHECK fails, and has no answer. /run/health is the estate's and outlives a start: how often
# it was of no use. Whoever else writes there can at most keep a sick program from being ended, or have it ended sooner.
name=$1 after=$2 ready=$3 answering=$4 limit=$5
shift 5
own=/tmp/.health shared=/run/health/$name.$(id -u)
now=$(date +%s)
read -r self < /proc/sys/kernel/hostname
# Files that others may have written: what is no number counts as 0.
number() { case $1 in '' | *[!0-9]*) echo 0 ;; *) echo "$1" ;; esac; }
put() { { printf '%s\n' "$2" > "$1.new" && mv -f "$1.new" "$1"; } 2> /dev/null; }
was=0 since=0 silent=0 id='' ended=0 last=0
[ ! -r "$own" ] || read -r was since silent < "$own" || true
[ ! -r "$shared" ] || read -r id ended last _ < "$shared" || true
was=$(number "$was") since=$(number "$since") silent=$(number "$silent") ended=$(number "$ended") last=$(number "$last")
# Another container of this name has its own history.
[ "$id" = "$self" ] || ended=0 last=0

# 0 for both: never.
[ "$was" -gt 0 ] || after=$ready
[ "$was" -gt 0 ] || [ "$ready" -gt 0 ] || answering=0
times=0
while [ "$times" -lt "$ended" ] && [ "$times" -lt 16 ]; do after=$((after * 2)) answering=$((answering * 2)) times=$((times + 1)); done
over() { [ "$1" -gt 0 ] && [ "$2" -gt 0 ] && [ $((now - $1)) -ge "$2" ]; }
if [ "$ended" -lt "$limit" ] && { over "$silent" "$after" || over "$since" "$answering"; }; then
  # What cannot be counted is not done: it might go on for ever.
  put "$shared" "$self $((ended + 1)) $now $limit" || { echo "unhealthy for $((now - since)) s; left as it is: $shared cannot be written"; exit 1; }
  echo "unhealthy for $((now - since)) s: ended, time $((ended + 1)) of $limit"
  kill -TERM -1 2> /dev/null
  sleep 1
  kill -KILL -1 2> /dev/null
  exit 1
fi

# Noted before it is known: a check that hangs is ended from outside, and then counts as failed.
[ "$since" -gt 0 ] || since=$now
[ "$silent" -gt 0 ] || silent=$now
put "$own" "$was $since $silent"
"$@"
case $? in
  0) put "$own" "1 0 0" ;;
  22)
    put "$own" "$was $since 0"
    exit 1
    ;;
  *) exit 1 ;;
esac
[ "$ended" -eq 0 ] || [ $((now - last)) -lt 600 ] || ended=0
put "$shared" "$self $ended $last $limit"
exit 0
