package term

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// JSON writes v as people and programs read it.
func JSON(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeUnprintable(out.String()))
	return err
}

// escapeUnprintable writes what steers a terminal, which the encoder leaves in
// strings as it is, in JSON's own way.
func escapeUnprintable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != '\n' && steersTerminal(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// YAML writes v with the names and the order that it has as JSON, which
// is YAML too.
func YAML(w io.Writer, v any) error {
	var asJSON bytes.Buffer
	if err := JSON(&asJSON, v); err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(asJSON.Bytes(), &node); err != nil {
		return err
	}
	inBlocks(&node)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(&node); err != nil {
		return err
	}
	return enc.Close()
}

// inBlocks takes JSON's braces and quotes away; the encoder quotes again what
// would be read as something else.
func inBlocks(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		inBlocks(child)
	}
}
