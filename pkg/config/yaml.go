package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlParser reads the configuration.
type yamlParser struct{}

// Unmarshal reads a file of settings.
func (yamlParser) Unmarshal(text []byte) (map[string]any, error) {
	return ReadYAML(text, "settings are written as NAME: VALUE, such as listen: 127.0.0.1:7171")
}

// Marshal is of no use here.
func (yamlParser) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }

// ReadYAML reads what has names, of which right says how it is written. An error says in which line something is wrong,
// and what would be right, in words for who wrote it.
func ReadYAML(text []byte, right string) (map[string]any, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	if err := dec.Decode(&root); errors.Is(err, io.EOF) {
		return map[string]any{}, nil
	} else if err != nil {
		return nil, yamlFault(err, text)
	}
	if err := checkRoot(&root, right); err != nil {
		return nil, err
	}
	out := map[string]any{}
	if err := root.Decode(&out); err != nil {
		return nil, yamlFault(err, text)
	}
	var more yaml.Node
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, yamlFault(err, text)
	default:
		return nil, fmt.Errorf("line %d: another document begins here, and nobody would read it; "+
			"leave out the line --- between the two", max(more.Line, 1))
	}
	return out, nil
}

// checkRoot says that a file holds something else than names with their values.
func checkRoot(root *yaml.Node, right string) error {
	if len(root.Content) == 0 {
		return nil
	}
	top := root.Content[0]
	switch {
	case top.Kind == yaml.MappingNode, top.Kind == yaml.AliasNode, top.Tag == "!!null":
		return nil
	case top.Kind == yaml.SequenceNode:
		return fmt.Errorf("line %d: the file begins with a list; %s", top.Line, right)
	}
	return fmt.Errorf("line %d: %q has no value; %s", top.Line, top.Value, right)
}

var (
	yamlLine    = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?(?:line (\d+): )?`)
	definedLine = regexp.MustCompile(`^mapping key "(.*)" already defined at line (\d+)$`)
)

// yamlWords says what the parser means, and what would be right.
var yamlWords = []struct{ has, means string }{
	{"mapping values are not allowed", "a value has its own NAME: in it, or the line is indented otherwise than those beside it; " +
		"write a blank behind each colon, and put values with a colon and a blank in quotation marks"},
	{"did not find expected key", "this line or one below is indented otherwise than those beside it"},
	{"did not find expected '-' indicator", "from this line on, each item of the list must begin with - below the one before"},
	{"unknown anchor", "what begins with * stands for another value; put it in quotation marks"},
	{"did not find expected alphabetic or numeric character", "a value cannot begin with * or &; put it in quotation marks"},
	{"expected <document start>", "nothing may follow behind the end of the file's { }"},
	{"did not find expected ',' or '}'", "a { is not closed, or a comma is missing"},
	{"did not find expected ',' or ']'", "a [ is not closed, or a comma is missing"},
	{"unexpected end of stream", "a quotation mark is not closed"},
	{"unknown escape character", `a \ in "…" stands for an escape; write \\, or use '…'`},
	{"cannot start any token", "a value cannot begin with @, ` or %; put it in quotation marks"},
	{"control characters are not allowed", "the file holds control characters; write it as plain text in UTF-8"},
	{"invalid UTF-8", "the file is not in UTF-8"},
	{"invalid leading UTF-8", "the file is not in UTF-8"},
	{"could not find expected ':'", "a name has no colon behind it"},
}

// yamlFault says where a file is no YAML, what the parser found, and what would be right.
func yamlFault(err error, text []byte) error {
	found := strings.Join(strings.Fields(err.Error()), " ")
	m := yamlLine.FindStringSubmatch(found)
	found = found[len(m[0]):]
	line, _ := strconv.Atoi(m[1])
	if strings.HasPrefix(found, "did not find expected") {
		line++ // the parser counts from 0 here
	}
	if tab := lineWithTab(text); tab > 0 && (tab <= line+1 || strings.Contains(found, "tab")) {
		return fmt.Errorf("line %d: it is indented with a tab, which YAML does not take; use blanks", tab)
	}
	if twice := definedLine.FindStringSubmatch(found); twice != nil {
		found = fmt.Sprintf("%s is said twice, first in line %s; leave out one of them", twice[1], twice[2])
	}
	for _, w := range yamlWords {
		if strings.Contains(found, w.has) {
			found, line = w.means+" ("+found+")", max(line, 1)
			break
		}
	}
	if line == 0 {
		return errors.New(found)
	}
	return fmt.Errorf("line %d: %s", line, found)
}

// lineWithTab returns the first line that is indented with a tab; 0 = none is.
func lineWithTab(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if rest := bytes.TrimLeft(line, " "); len(rest) > 0 && rest[0] == '\t' && len(bytes.TrimSpace(rest)) > 0 {
			return n
		}
	}
	return 0
}
