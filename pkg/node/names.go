package node

import (
	"github.com/spf13/pflag"
)

// names says what messages call settings: what the user gave them by, or else
// would give them by.
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
		if flag := (setting{key: key}).flag(); n.flags.Lookup(flag) != nil {
			return "--" + flag
		}
	}
	return key
}

// SettingError is a setting that cannot be put to use: a file that it names is
// not there, for example. Whoever gave it can give another.
type SettingError struct {
	Name string // a flag, an environment variable or a key of the file; empty if Err says it
	Err  error
}

// Error names the setting and says what is wrong with it.
func (e *SettingError) Error() string {
	if e.Name == "" {
		return e.Err.Error()
	}
	return e.Name + ": " + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *SettingError) Unwrap() error { return e.Err }

// unusable makes the error of a setting; nil stays nil.
func (n names) unusable(key string, err error) error {
	if err == nil {
		return nil
	}
	return &SettingError{Name: n.of(key), Err: err}
}
