#!/usr/bin/env bash
# The benchmark against Apache Kafka; see docs/benchmark.md. ./varve bench calls this, with JAVA_HOME set and Varve built.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
die() { echo "bench: $*" >&2; exit 1; }

[[ -r /proc/self/stat ]] || die "this needs Linux: what the brokers use is read from /proc"
[[ -n "${JAVA_HOME:-}" ]] || die "JAVA_HOME is not set: use ./varve bench, which finds a JDK"
[[ -f target/quarkus-app/quarkus-run.jar ]] || die "Varve is not built: run ./varve build, or ./varve bench"

[[ -x tools/test-servers.sh ]] && tools/test-servers.sh
tools/kafka/fetch.sh >/dev/null

classpath="target/bench/classpath"
mkdir -p target/bench
if [[ ! -s "$classpath" || -n $(find pom.xml src/test/java/io/varve/bench src/test/java/io/varve/testkit -newer "$classpath" -print -quit) ]]; then
    echo "bench: compiling..." >&2
    maven=mvn
    [[ -x ./mvnw ]] && maven=./mvnw
    "$maven" -q -B -ntp -Dspotless.check.skip=true test-compile org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
        -DincludeScope=test -Dmdep.outputFile="$classpath.new" >target/bench/compile.log 2>&1 \
        || { tail -n 25 target/bench/compile.log >&2; die "that failed; all of it is in target/bench/compile.log"; }
    mv "$classpath.new" "$classpath"
fi

exec "$JAVA_HOME/bin/java" -Xmx512m --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=error -Djava.util.logging.config.file=bench/logging.properties \
    -cp "target/test-classes:target/classes:$(cat "$classpath")" io.varve.bench.Bench "$@"
