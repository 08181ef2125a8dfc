# Takes a snapshot of each claim, then deletes the oldest beyond KEEP. Given: ESTATE, CLASS, KEEP, SELECTORS (of claims, one per workload).
set -eu
for selector in $SELECTORS; do
  for claim in $(kubectl get persistentvolumeclaims --selector "$selector" --output name); do
    name=${claim#*/}
    kubectl create --filename - << SNAPSHOT
{"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
 "metadata": {"generateName": "$name-", "labels": {"app.kubernetes.io/part-of": "$ESTATE", "app.kubernetes.io/managed-by": "sluice", "sluice.dev/claim": "$name"}},
 "spec": {"volumeSnapshotClassName": "$CLASS", "source": {"persistentVolumeClaimName": "$name"}}}
SNAPSHOT
    kubectl get volumesnapshots --selector "sluice.dev/claim=$name" --sort-by .metadata.creationTimestamp --output name |
      head -n "-$KEEP" |
      while read -r old; do kubectl delete --wait=false "$old"; done
  done
done
