// Package setting says what messages call the settings of a server, and what
// is wrong with one that cannot be put to use.
package setting

// Error is a setting that cannot be used, for example because a file that it names is missing. The user can mend it by
// giving another value.
type Error struct {
	Name string // a flag, an environment variable or a key of the file; empty if Err says it
	Err  error
}

// Error names the setting and says what is wrong with it.
func (e *Error) Error() string {
	if e.Name == "" {
		return e.Err.Error()
	}
	return e.Name + ": " + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// Names returns what messages call the setting with a key: what the user gave
// it by, or else would give it by. Nil Names call it by its key.
type Names func(key string) string

// Of is the name of one setting.
func (n Names) Of(key string) string {
	if n == nil {
		return key
	}
	return n(key)
}

// Unusable makes the error of a setting; nil stays nil.
func (n Names) Unusable(key string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Name: n.Of(key), Err: err}
}
