package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// sarifRule is the one rule that findings are of.
const sarifRule = "ostiary-api-key"

// WriteSARIF writes the findings in the Static Analysis Results Interchange
// Format 2.1.0, which code hosts show beside the code. Version is that of this
// program.
func (r *Result) WriteSARIF(w io.Writer, version string) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "Ostiary", SemanticVersion: version, Rules: []sarifDescriptor{{
		ID:               sarifRule,
		ShortDescription: sarifText{"An API key of Ostiary lies in the open"},
		Help: sarifText{"Whoever can read this can use the API key. Revoke it with: ostiary key revoke ID. " +
			"Or replace it with: ostiary key rotate ID --overlap 0. Then take it out of the file."},
	}}}
	for i := range r.Findings {
		run.Results = append(run.Results, r.Findings[i].sarif())
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarif leaves out the column, because SARIF counts characters.
func (f *Finding) sarif() sarifResult {
	text := fmt.Sprintf("The API key %s (id %s) lies here.", f.Hint, f.ID)
	if f.Commit != nil {
		text += fmt.Sprintf(" It came with the commit %s of %s, on %s.", f.Commit.ID, f.Commit.Author, f.Commit.Date)
	}
	sum := sha256.Sum256([]byte(f.ID + "\x00" + f.Path))
	return sarifResult{
		RuleID: sarifRule, Level: "error", Message: sarifText{text},
		PartialFingerprints: map[string]string{"ostiaryKeyAndPath/v1": hex.EncodeToString(sum[:16])},
		Locations: []sarifLocation{{sarifPhysical{
			sarifArtifact{fileURI(f.Path)}, sarifRegion{f.Line},
		}}},
	}
}

// fileURI is a path as a URI, relative if the path is.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	u := url.URL{Path: path}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name            string            `json:"name"`
		SemanticVersion string            `json:"semanticVersion,omitempty"`
		Rules           []sarifDescriptor `json:"rules"`
	}
	sarifDescriptor struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		Help             sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
)
