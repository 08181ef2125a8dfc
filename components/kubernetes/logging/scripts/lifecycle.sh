# Puts policies and templates into the store of logs. Given: STORE (its address), REQUESTS (lines of path and body), LOGIN (user, or nothing) and PASSWORD_FILE.
set -eu
umask 077
quote() { sed 's/[\\"]/\\&/g'; }
{
  if [ -n "$LOGIN" ]; then printf 'user = "%s:%s"\n' "$(printf %s "$LOGIN" | quote)" "$(quote < "$PASSWORD_FILE")"; fi
} > /tmp/login
printf '%s\n' "$REQUESTS" | while read -r path body; do
  status=$(curl --silent --show-error --max-time 30 --config /tmp/login --output /tmp/answer --write-out '%{http_code}' \
    --request PUT --header 'content-type: application/json' --data "$body" "$STORE/$path")
  # 409: a policy of that name is there. What it says is changed by its version alone, and stays.
  case $status in
    2?? | 409) echo "$path: $status" ;;
    *) echo "$path: $status $(cat /tmp/answer)" >&2; exit 1 ;;
  esac
done
