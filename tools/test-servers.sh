#!/usr/bin/env bash
# Gets the servers that the tests talk to: etcd with etcdctl, and MinIO. What is on the PATH is used; what is missing is built from
# source with a Go toolchain, once, into .cache/bin. Quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

etcd_version=v3.6.16
minio_version=v0.0.0-20250907161309-07c3a429bfed
bin="$PWD/.cache/bin"

say() { printf 'test servers: %s\n' "$*" >&2; }

present() { command -v "$1" >/dev/null || [[ -x "$bin/$1" ]]; }

need_go() {
    command -v go >/dev/null && return
    say "$1 is neither on the PATH nor in .cache/bin, and there is no Go toolchain to build it with."
    say "Install $1 (Debian: apt install etcd-server etcd-client; MinIO: https://min.io/download), or Go 1.24 or newer."
    exit 1
}

# etcd's own module forbids 'go install' from outside: a throw-away module of ours requires it.
build_etcd() {
    need_go etcd
    say "building etcd $etcd_version (about a minute)..."
    local work
    work=$(mktemp -d)
    (
        cd "$work"
        go mod init varve.test/etcd >/dev/null 2>&1
        go get "go.etcd.io/etcd/server/v3@$etcd_version" "go.etcd.io/etcd/etcdctl/v3@$etcd_version" >/dev/null 2>&1
        go build -mod=mod -o "$bin/etcd" go.etcd.io/etcd/server/v3
        go build -mod=mod -o "$bin/etcdctl" go.etcd.io/etcd/etcdctl/v3
    )
    rm -rf "$work"
}

build_minio() {
    need_go minio
    say "building MinIO $minio_version (a few minutes)..."
    GOBIN="$bin" go install "github.com/minio/minio@$minio_version"
}

mkdir -p "$bin"
present etcd && present etcdctl || build_etcd
present minio || build_minio
