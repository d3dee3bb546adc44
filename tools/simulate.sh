#!/usr/bin/env bash
# The simulation of a whole cluster; see docs/simulation.md. ./varve simulate calls this, with JAVA_HOME set and Varve built.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
classpath=$("$root/tools/test-classpath.sh")
# Virtual threads on a scheduler of ours, see Simulator. A JDK that tracks them all would keep every run that has ended.
exec "$JAVA_HOME/bin/java" -Xmx1g -XX:MaxDirectMemorySize=1g -Djdk.trackAllThreads=false --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util.concurrent.locks=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -Djava.util.logging.manager=org.jboss.logmanager.LogManager \
    -cp "$classpath" io.varve.simulation.Simulate "$@"
