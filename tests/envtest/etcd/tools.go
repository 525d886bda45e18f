//go:build tools

// Package tools keeps the module's requirements: `go mod tidy` drops what nobody imports.
package tools

import _ "go.etcd.io/etcd/server/v3"
