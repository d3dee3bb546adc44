#!/usr/bin/env bash
# Copies Apache Kafka's published jars into .cache/kafka-VERSION/ once, and prints that folder.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P -- "$here/../.." && pwd)
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")
target="$root/.cache/kafka-$version"

if [[ ! -e "$target/complete" ]]; then
    rm -rf "$target.new" "$target"
    mkdir -p "$root/.cache"
    echo "fetching Apache Kafka $version's jars into $target" >&2
    maven=mvn
    [[ -x "$root/mvnw" ]] && maven="$root/mvnw"
    "$maven" -q -B -ntp -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$target.new" >&2 || {
        echo "Apache Kafka's jars could not be fetched: is Maven installed and its repository reachable?" >&2
        exit 1
    }
    mv "$target.new" "$target"
    touch "$target/complete"
fi
echo "$target"
