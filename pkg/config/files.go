package config

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/secretfile"
	"github.com/ostiary/ostiary/pkg/setting"
)

// CheckFiles reports everything that is wrong with the files that a start needs, except the store, before anything is
// made. The start makes an Admin key if there is none yet (bootstrap), or in any case (reset).
func (c *Config) CheckFiles(bootstrap, reset bool) error {
	var wrong apikey.Mistakes
	check := func(key string, err error) {
		if known, ok := errors.AsType[*setting.Error](err); ok {
			err = known.Err
		}
		if err != nil {
			wrong.AddError(c.Names.Of(key), err)
		}
	}
	dataDir := c.checkDataDir()
	if dataDir == nil && c.firstStart() {
		dataDir = c.canMakeFile(DatabaseFile(c.DataDir))
	}
	check("data_dir", dataDir)
	if c.firstStart() && (dataDir == nil || filepath.Clean(c.DataDir) != filepath.Dir(c.Pepper.Name)) {
		check("pepper_file", c.canMakeFile(c.Pepper.Name))
	}
	if reset || bootstrap && c.firstStart() {
		check("bootstrap_key_file", c.canMakeFile(c.BootstrapKeyFile))
	}
	if key := c.Pepper.Seal.Key(); c.Pepper.Seal.Enabled() {
		check(key, c.Pepper.Seal.Check())
	}
	wrong = append(wrong, c.checkCertificates()...)
	if len(wrong) > 0 {
		return &Error{File: c.File, Mistakes: wrong}
	}
	return nil
}

// CheckCertificates says what is wrong with the certificates of the listeners.
func (c *Config) CheckCertificates() error {
	if wrong := c.checkCertificates(); len(wrong) > 0 {
		return &Error{File: c.File, Mistakes: wrong}
	}
	return nil
}

func (c *Config) checkCertificates() (wrong apikey.Mistakes) {
	for _, l := range []struct {
		listen, key string
		files       certificate.Files
	}{{c.Listen, "tls.", c.TLS}, {c.Gate.Listen, "gate.tls.", c.Gate.TLS}} {
		if l.listen == "" {
			continue
		}
		l.files.Check(func(part string, err error) {
			if err != nil {
				wrong.AddError(c.Names.Of(l.key+part), err)
			}
		}, func(part, text string) {
			c.Warnings = append(c.Warnings, Warning{Setting: c.Names.Of(l.key + part), Text: text})
		})
	}
	return wrong
}

// CheckKeyFile says why the first Admin key could not be written to its file.
func (c *Config) CheckKeyFile() error {
	return c.Names.Unusable("bootstrap_key_file", c.canMakeFile(c.BootstrapKeyFile))
}

// firstStart reports whether it is known, without opening the store, that
// there is none yet.
func (c *Config) firstStart() bool {
	if c.Postgres != nil {
		return false
	}
	_, err := os.Stat(DatabaseFile(c.DataDir))
	return err != nil
}

// canMakeFile returns nil, or why a file cannot be made or replaced. The data
// directory need not be there yet. No name is no file.
func (c *Config) canMakeFile(name string) error {
	if _, err := os.Stat(c.DataDir); name == "" || err != nil && filepath.Clean(c.DataDir) == filepath.Dir(name) {
		return nil
	}
	return secretfile.Writable(name)
}
