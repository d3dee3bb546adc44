#!/usr/bin/env bash
# A chaos run; see docs/chaos.md. ./varve chaos calls this, with JAVA_HOME set, Varve built, and the servers and clients that it needs there.
set -euo pipefail

cd "$(dirname -- "${BASH_SOURCE[0]}")/.."
die() { echo "chaos: $*" >&2; exit 1; }

[[ -n "${JAVA_HOME:-}" ]] || die "JAVA_HOME is not set: use ./varve chaos, which finds a JDK"
[[ -f target/quarkus-app/quarkus-run.jar ]] || die "Varve is not built: run ./varve build, or ./varve chaos"

classpath="target/chaos/classpath"
mkdir -p target/chaos
if [[ ! -s "$classpath" || -n $(find pom.xml src/test/java/io/varve/chaos src/test/java/io/varve/testkit -newer "$classpath" -print -quit) ]]; then
    echo "chaos: compiling..." >&2
    maven=mvn
    [[ -x ./mvnw ]] && maven=./mvnw
    "$maven" -q -B -ntp -Dspotless.check.skip=true test-compile org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
        -DincludeScope=test -Dmdep.outputFile="$classpath.new" >target/chaos/compile.log 2>&1 \
        || { tail -n 25 target/chaos/compile.log >&2; die "that failed; all of it is in target/chaos/compile.log"; }
    mv "$classpath.new" "$classpath"
fi

# What is running must be what was built: nothing is built while a run starts brokers.
export VARVE_BUILD=never
exec "$JAVA_HOME/bin/java" -Xmx1g --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=off -Dorg.jboss.logging.provider=jdk \
    -Djava.util.logging.manager=java.util.logging.LogManager -Djava.util.logging.config.file=tools/chaos-logging.properties \
    -cp "target/test-classes:target/classes:$(cat "$classpath")" io.varve.chaos.Chaos "$@"
