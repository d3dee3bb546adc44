#!/usr/bin/env bash
# A chaos run; see docs/chaos.md. ./varve chaos calls this, with JAVA_HOME set, Varve built, and the servers and clients that it needs there.
set -euo pipefail

cd "$(dirname -- "${BASH_SOURCE[0]}")/.."
classpath=$(tools/test-classpath.sh)

# What is running must be what was built: nothing is built while a run starts brokers.
export VARVE_BUILD=never
exec "$JAVA_HOME/bin/java" -Xmx1g --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=off -Dorg.jboss.logging.provider=jdk \
    -Djava.util.logging.manager=java.util.logging.LogManager -Djava.util.logging.config.file=tools/chaos-logging.properties \
    -cp "$classpath" io.varve.chaos.Chaos "$@"
