package config

import "github.com/spf13/pflag"

// names says by what a user gave each setting, or would give it.
type names struct {
	file  string            // the configuration file; empty = none
	given map[string]string // key -> the flag or variable that it was given by
	flags *pflag.FlagSet    // of the command; nil = none
}

// of returns a flag, an environment variable or a key of the file.
func (n names) of(key string) string {
	if by := n.given[key]; by != "" {
		return by
	}
	if n.flags != nil && n.file == "" {
		if flag := (item{key: key}).flag(); n.flags.Lookup(flag) != nil {
			return "--" + flag
		}
	}
	return key
}
