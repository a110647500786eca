// Package config reads the configuration of a server once, from flags,
// environment and file, into the types of those who use it. All mistakes come
// back together.
package config
