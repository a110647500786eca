package build

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Reports of npm audit, as npm 10 prints them.
func TestReportsOfNpmAudit(t *testing.T) {
	for report, want := range map[string]struct {
		faults int
		ok     bool
	}{
		`{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":0,"critical":0,"total":0}}}`:       {0, true},
		`{"auditReportVersion":2,"vulnerabilities":{"x":{}},"metadata":{"vulnerabilities":{"info":0,"low":1,"moderate":0,"high":2,"critical":0,"total":3}}}`: {3, true},
		`{"message":"405 Method Not Allowed","method":"POST","statusCode":405,"error":{"summary":"","detail":""}}`:                                           {0, false},
		`{"error":{"code":"ENOTFOUND","summary":"request failed"}}`:                                                                                          {0, false},
		"": {0, false},
	} {
		faults, ok := countFaults([]byte(report))
		require.Equal(t, want.faults, faults, report)
		require.Equal(t, want.ok, ok, report)
	}
}

// A database of faults in Go modules is at hand if its index can be read, from a server or from a directory.
func TestDatabasesAtHand(t *testing.T) {
	dir := t.TempDir()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	file := (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String()
	for _, database := range []string{server.URL, file, "http://127.0.0.1:1", "%"} {
		require.Error(t, atHand(t.Context(), database), database)
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "index"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index", "db.json"), []byte("{}"), 0o600))
	require.NoError(t, atHand(t.Context(), server.URL))
	require.NoError(t, atHand(t.Context(), file))
}
