package apikey

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on who answers for a key, and on its labels.
const (
	MaxOwnerLength      = 255 // characters
	MaxLabels           = 16
	MaxLabelNameLength  = 32
	MaxLabelValueLength = 63 // characters
)

// checkOwner returns an owner as it is kept, in NFC and without surrounding space, or what is wrong with it. A key may
// have none.
func checkOwner(owner string) (string, error) {
	owner = strings.TrimSpace(Normal(owner))
	if n := utf8.RuneCountInString(owner); n > MaxOwnerLength {
		return "", fmt.Errorf("has %d characters; at most %d are allowed", n, MaxOwnerLength)
	}
	if owner == "" {
		return "", nil
	}
	if !strings.ContainsFunc(owner, visible) {
		return "", errors.New("has no character that can be seen")
	}
	return owner, checkText(owner, false)
}

// defaultOwner is who answers for a key if nobody is named: its maker, unless that has no name that can be kept.
func defaultOwner(c Caller) string {
	owner, err := checkOwner(c.Login)
	if err != nil {
		return ""
	}
	return owner
}

// ParseLabels checks the labels of a key and returns them as they are kept; nil if there are none.
func ParseLabels(labels map[string]string) (map[string]string, error) {
	if len(labels) > MaxLabels {
		return nil, fmt.Errorf("has %d entries; at most %d are allowed", len(labels), MaxLabels)
	}
	if len(labels) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if err := CheckLabelName(name); err != nil {
			return nil, err
		}
		value, err := checkLabelValue(labels[name])
		if err != nil {
			return nil, fmt.Errorf("the value of %s %w", name, err)
		}
		out[name] = value
	}
	return out, nil
}

// CheckLabelName says what is wrong with the name of a label.
func CheckLabelName(s string) error {
	if s == "" || len(s) > MaxLabelNameLength {
		return fmt.Errorf("%q must have 1 to %d characters", clip(s), MaxLabelNameLength)
	}
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || i > 0 && ('0' <= c && c <= '9' || c == '_' || c == '-') {
			continue
		}
		return fmt.Errorf("%q may hold only small letters and, after the first, digits, _ and -", clip(s))
	}
	return nil
}

func checkLabelValue(value string) (string, error) {
	value = strings.TrimSpace(Normal(value))
	switch n := utf8.RuneCountInString(value); {
	case n == 0 || n > MaxLabelValueLength:
		return "", fmt.Errorf("has %d characters; it must have 1 to %d", n, MaxLabelValueLength)
	case !strings.ContainsFunc(value, visible):
		return "", errors.New("has no character that can be seen")
	}
	return value, checkText(value, false)
}

// LabelTexts returns labels as "name=value", sorted.
func LabelTexts(labels map[string]string) []string {
	out := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, name+"="+labels[name])
	}
	return out
}

// ParseLabelFilter reads "team=sre", or "team" for any value.
func ParseLabelFilter(s string) (f LabelFilter, err error) {
	name, value, given := strings.Cut(s, "=")
	if err := CheckLabelName(name); err != nil {
		return f, err
	}
	f.Name = name
	if given {
		if f.Value, err = checkLabelValue(value); err != nil {
			return f, fmt.Errorf("the value of %s %w; write %s alone for any", name, err, name)
		}
	}
	return f, nil
}

// String writes the filter as ParseLabelFilter reads it.
func (f LabelFilter) String() string {
	if f.Value == "" {
		return f.Name
	}
	return f.Name + "=" + f.Value
}
