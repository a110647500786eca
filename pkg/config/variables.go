package config

import (
	"regexp"
	"slices"
	"strings"
)

// UnknownVariable is an environment variable that looks like a setting and is
// none. It is not an error, because others may use the prefix as well.
type UnknownVariable struct {
	Name    string
	Closest string // the setting's variable that may be meant; empty = none is near
}

// Hint says what to do about it.
func (v UnknownVariable) Hint() string {
	if v.Closest == "" {
		return "see ostiary serve --help for those that are"
	}
	return "did you mean " + v.Closest + "?"
}

// String returns the variable's name with the hint.
func (v UnknownVariable) String() string { return v.Name + " is not read; " + v.Hint() }

// UnknownVariables returns the variables of an environment that begin with a
// prefix and are no settings, in the order of their names. Those of others and
// those that Kubernetes makes for a service of such a name are left out.
func UnknownVariables(environ []string, prefix string, others ...string) (unknown []UnknownVariable) {
	known := slices.Clone(others)
	for _, s := range settings {
		known = append(known, s.env(prefix))
	}
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) && !ofService.MatchString(name) {
			unknown = append(unknown, UnknownVariable{Name: name, Closest: Closest(name, known)})
		}
	}
	slices.SortFunc(unknown, func(a, b UnknownVariable) int { return strings.Compare(a.Name, b.Name) })
	return unknown
}

// ofService matches the variables in which Kubernetes and Docker's links announce services.
var ofService = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)
