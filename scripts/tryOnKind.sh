#!/usr/bin/env bash
# From nothing to published results in a cluster: kind, CloudNativePG, the chart, the sample, a NOTIFY, nine risks of a place.
#   scripts/tryOnKind.sh           makes the cluster "climatebatch"; needs docker, kind, kubectl and helm
#   scripts/tryOnKind.sh --delete  deletes it
# In a cluster and with a database that exist: DATABASE_URL, as pods reach it, and KUBECONFIG. IMAGE_PREFIX, IMAGE_TAG: images
# that its nodes have. CELLS: size of the sample.
set -euo pipefail
cd "$(dirname "$0")/.."

CLUSTER=climatebatch
NAMESPACE=${NAMESPACE:-climate}
IMAGE_PREFIX=${IMAGE_PREFIX:-}
IMAGE_TAG=${IMAGE_TAG:-try}
CELLS=${CELLS:-80}
CLOUDNATIVEPG=https://raw.githubusercontent.com/cloudnative-pg/cloudnative-pg/release-1.29/releases/cnpg-1.29.1.yaml
JOB_IMAGE=${IMAGE_PREFIX}climatebatch-job:$IMAGE_TAG

step() { echo; echo "== $1 ($SECONDS s)"; }
k() { kubectl --namespace "$NAMESPACE" "$@"; }

if [ "${1:-}" = --delete ]; then
  kind delete cluster --name "$CLUSTER"
  exit
fi

if [ -z "${DATABASE_URL:-}" ]; then
  step "A cluster"
  kind get clusters | grep --quiet --line-regexp "$CLUSTER" || kind create cluster --name "$CLUSTER" --wait 120s
  kubectl config use-context "kind-$CLUSTER"

  step "Both images, built here and given to its node"
  for program in operator job; do
    docker build --quiet --file "Dockerfile.$program" --tag "climatebatch-$program:$IMAGE_TAG" .
    kind load docker-image --name "$CLUSTER" "climatebatch-$program:$IMAGE_TAG"
  done
fi

step "The namespace $NAMESPACE, which enforces Pod Security \"restricted\""
kubectl create namespace "$NAMESPACE" --dry-run=client --output=yaml | kubectl apply --filename=-
kubectl label --overwrite namespace "$NAMESPACE" pod-security.kubernetes.io/enforce=restricted

step "PostgreSQL"
if [ -z "${DATABASE_URL:-}" ]; then
  kubectl apply --server-side --filename="$CLOUDNATIVEPG"
  kubectl wait --namespace cnpg-system --for=condition=Available deployment/cnpg-controller-manager --timeout=180s
  k apply --filename=- <<'END'
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: climate }
spec:
  instances: 1
  storage: { size: 5Gi }
END
  k wait --for=condition=Ready cluster/climate --timeout=300s
else
  # As CloudNativePG names them.
  k create secret generic climate-app --from-literal=uri="$DATABASE_URL" --dry-run=client --output=yaml | k apply --filename=-
fi

step "The chart"
helm upgrade --install climatebatch charts/climatebatch --namespace "$NAMESPACE" --wait --timeout=180s \
  --set image.operator.repository="${IMAGE_PREFIX}climatebatch-operator" --set image.operator.tag="$IMAGE_TAG" \
  --set image.job.repository="${IMAGE_PREFIX}climatebatch-job" --set image.job.tag="$IMAGE_TAG" \
  --set image.pullPolicy=IfNotPresent --set operator.replicas=1 \
  --set database.operator.existingSecret=climate-app --set database.operator.urlKey=uri \
  --set job.resources.requests.cpu=100m

# Runs one command of climatebatch in a pod, waits for its end and prints its output: NAME WORD…
run_command() {
  local name=$1
  shift
  k delete job "$name" --ignore-not-found
  k apply --filename=- <<END
apiVersion: batch/v1
kind: Job
metadata: { name: $name }
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: command
          image: $JOB_IMAGE
          args: [$(printf '"%s",' "$@")]
          env:
            - name: DATABASE_URL
              valueFrom: { secretKeyRef: { name: climate-app, key: uri } }
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
END
  if ! k wait --for=condition=Complete "job/$name" --timeout=300s; then
    k describe "job/$name"
    k logs "job/$name" --tail=50
    exit 1
  fi
  k logs "job/$name"
}

step "The sample: a synthetic climate of Korea, $CELLS cells, loaded by a Job"
# Kubernetes puts the address in place of its name.
run_command sample sample --cells "$CELLS" --database '$(DATABASE_URL)'

step "Two NOTIFYs, as a service sends them"
run_command notify sql "NOTIFY aiops_trigger, 'probability'; NOTIFY aiops_trigger, 'hazard'"
for _ in $(seq 60); do
  [ "$(k get climatebatches --output=name | wc -l)" -ge 2 ] && break
  sleep 1
done
k wait --for=condition=Published climatebatch --all --timeout=600s
k get climatebatches

step "Results of Seoul"
run_command place place 37.57 126.98

step "Done. Results are in probability_results and hazard_results. scripts/tryOnKind.sh --delete removes a cluster made here"
