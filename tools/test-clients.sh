#!/usr/bin/env bash
# Gets the real Kafka clients that the tests use, once, into .cache/ (kcat: from the system's packages).
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cache="$root/.cache"
mkdir -p "$cache"

confluent_kafka=2.16.1
kafkajs=2.2.4
vega_datasets=3.2.1

die() { echo "test-clients: $*" >&2; exit 1; }
say() { echo "test-clients: $*" >&2; }

# Not called kcat: it would find itself.
need_kcat() {
    command -v kcat >/dev/null && return
    local words="kcat is needed by the tests: install it (Debian, Ubuntu: 'apt-get install kcat'; macOS: 'brew install kcat')"
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || die "$words"
    say "installing kcat"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install kcat; } >"$cache/kcat-install.log" 2>&1 \
        || die "$words; what apt-get said is in $cache/kcat-install.log"
}

python() {
    local venv="$cache/python"
    [[ -f "$venv/confluent-kafka-$confluent_kafka" ]] && return
    command -v python3 >/dev/null || die "Python 3 is needed by the tests: install python3 with its venv module"
    say "installing confluent-kafka $confluent_kafka"
    rm -rf "$venv"
    python3 -m venv "$venv" || die "Python's venv module is needed by the tests (Debian, Ubuntu: 'apt-get install python3-venv')"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "confluent-kafka==$confluent_kafka" >&2 \
        || die "confluent-kafka could not be installed: is the Python package index reachable?"
    touch "$venv/confluent-kafka-$confluent_kafka"
}

node_packages() {
    local folder="$cache/node"
    local mark="$folder/kafkajs-$kafkajs-vega-datasets-$vega_datasets"
    [[ -f "$mark" ]] && return
    command -v npm >/dev/null || die "Node.js with npm is needed by the tests: install nodejs and npm"
    say "installing kafkajs $kafkajs and vega-datasets $vega_datasets"
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    (cd "$folder" && npm install --no-audit --no-fund --loglevel=error --save-exact \
        "kafkajs@$kafkajs" "vega-datasets@$vega_datasets") >&2 \
        || die "kafkajs could not be installed: is the npm registry reachable?"
    touch "$mark"
}

need_kcat
python
node_packages
"$root/tools/kafka/fetch.sh" >/dev/null
