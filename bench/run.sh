#!/usr/bin/env bash
# The benchmark against Apache Kafka; see docs/benchmark.md. ./varve bench calls this, with JAVA_HOME set and Varve built.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
die() { echo "bench: $*" >&2; exit 1; }

[[ -r /proc/self/stat ]] || die "this needs Linux: what the brokers use is read from /proc"

[[ -x tools/test-servers.sh ]] && tools/test-servers.sh
tools/kafka/fetch.sh >/dev/null

classpath=$(tools/test-classpath.sh)

exec "$JAVA_HOME/bin/java" -Xmx512m --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=error -Djava.util.logging.config.file=bench/logging.properties \
    -cp "$classpath" io.varve.bench.Bench "$@"
