#!/usr/bin/env bash
# Compiles the programs that live among the tests (benchmark, chaos, simulation), when their sources are newer than what was compiled, and prints
# their class path. With JAVA_HOME set and Varve built.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
die() { echo "test-classpath: $*" >&2; exit 1; }

[[ -n "${JAVA_HOME:-}" ]] || die "JAVA_HOME is not set: use ./varve, which finds a JDK"
[[ -f target/quarkus-app/quarkus-run.jar ]] || die "Varve is not built: run ./varve build"

classpath="target/test-classpath"
if [[ ! -s "$classpath" || -n $(find pom.xml src/main/java src/test/java -newer "$classpath" -print -quit) ]]; then
    echo "compiling..." >&2
    maven=mvn
    [[ -x ./mvnw ]] && maven=./mvnw
    touch "$classpath.begun"
    "$maven" -q -B -ntp -Dspotless.check.skip=true test-compile org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
        -DincludeScope=test -Dmdep.outputFile="$classpath.new" >target/test-compile.log 2>&1 \
        || { tail -n 25 target/test-compile.log >&2; die "that failed; all of it is in target/test-compile.log"; }
    # Dated before: what is edited meanwhile is newer.
    touch -r "$classpath.begun" "$classpath.new"
    mv "$classpath.new" "$classpath"
    rm "$classpath.begun"
fi
echo "$root/target/test-classes:$root/target/classes:$(cat "$classpath")"
