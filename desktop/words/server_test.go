package words_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/src/locales"
)

// speakers are the server's files whose sentences reach the pages and this program: what is wrong with a field, why
// something was not done or a token is not let in, what was found at an import.
var speakers = []string{
	"api/endpoint", "api/error", "api/pool", "api/problem", "api/request",
	"apikey/caller", "apikey/end", "apikey/error", "apikey/foreign", "apikey/import", "apikey/import_again",
	"apikey/key", "apikey/labels", "apikey/leak", "apikey/lifetime", "apikey/limits", "apikey/mistakes",
	"apikey/policy", "apikey/policy_change", "apikey/pool", "apikey/role", "apikey/rotate", "apikey/service",
	"apikey/tenant", "apikey/text",
	"config/endpoints", "config/limitperkey", "config/onexpired", "config/rules", "config/stored",
	"endpoints/*",
	"gate/closed", "gate/destination", "gate/limits", "gate/losses", "gate/onexpired", "gate/options", "gate/pass",
	"gate/routes", "gate/rule_check", "gate/stored", "gate/tenant",
	"httpapi/endpoints", "httpapi/imports", "httpapi/notices", "httpapi/verify",
	"notice/deliver", "notice/webhook", "notice/words",
	"origin/*", "store/sqlkeys/unwritable", "upstreams/*",
	"verify/credentials", "verify/decision", "verify/denied", "verify/meter", "verify/onexpired", "verify/tenant",
}

// noSentences are texts of those files that are for databases, protocols, logs and other code, or are stored as they
// are.
var noSentences = regexp.MustCompile(`(?m)^(SELECT|CASE|CAST|PRAGMA| LEFT JOIN|\{\{1\}\} (LIMIT|service account))` +
	`| AS TEXT|^(2006|eyJ|Uptime Kuma \{|Made by|dry run|no org id|empty text|policy\.|  |at$)` +
	`|^(GET|POST|PATCH|DELETE) /|; charset|realm=|^gate: |the gate's configuration is not valid` +
	`|^(an endpoint in the store is not in force|tenants are not kept apart|endpoints: an endpoint cannot be encoded: |refused requests cannot be )` +
	`|^(a notice could not be|how notices were|is not whsec_|has \{\{1\}\} bytes, which)|^\{\{1\}\} \(\{\{2\}\}\)$` +
	`|^(\{\{\d\}\}|[ :;,.]| (with|at|from))*(\(from .*)?$`)

// TestWhatTheServerSaysIsInTheCatalogue holds the catalogue to the server's code.
func TestWhatTheServerSaysIsInTheCatalogue(t *testing.T) {
	said := map[string]string{
		`"{{1}}"`:                      "%q",              // a name in the middle of a sentence
		": from {{1}}":                 "notice/words.go", // who sent something
		"the mail server {{1}}: {{2}}": "notice/email.go", // which else speaks of the configuration
	}
	for _, speaker := range speakers {
		files, err := filepath.Glob("../../pkg/" + speaker + ".go")
		require.NoError(t, err)
		require.NotEmpty(t, files, speaker)
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				sentences(t, file, said)
			}
		}
	}
	for _, p := range apikey.Permissions() { // with which roles a request would be let in
		var roles []string
		for _, r := range apikey.Roles() {
			if r.Grants(p) {
				roles = append(roles, r.String())
			}
		}
		if len(roles) > 1 {
			said[strings.Join(roles, " or ")] = p.String()
		}
		// What a request would take, in the words that the pages have for it.
		for _, sentence := range []string{
			"The API key has the role {{1}}, which does not grant {{2}}; use one with {{3}}.",
			"it would take {{1}}, which the role {{2}} does not grant",
		} {
			require.Contains(t, said, sentence)
			granting := strings.NewReplacer("grant {{2}}", "grant "+p.String(), "take {{1}}", "take "+p.String(),
				"role {{2}}", "role {{1}}", "{{3}}", "{{2}}")
			said[granting.Replace(sentence)] = p.String()
		}
	}
	var catalogue struct{ Server map[string]string }
	content, err := locales.Files.ReadFile("en-US/" + locales.FileName)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &catalogue))
	var missing, unsaid []string
	for sentence, where := range said {
		if _, ok := catalogue.Server[sentence]; !ok {
			missing = append(missing, where+": "+sentence)
		}
	}
	for sentence, text := range catalogue.Server {
		require.Equal(t, sentence, text)
		if _, ok := said[sentence]; !ok {
			unsaid = append(unsaid, sentence)
		}
	}
	require.Empty(t, missing, "write them below server in every language")
	require.Empty(t, unsaid, "nothing says them any more")
}

// sentences notes the sentences of a file, and where they are.
func sentences(t *testing.T, file string, said map[string]string) {
	t.Helper()
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var look func(n ast.Node) bool
	look = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr, *ast.BasicLit:
			var values []ast.Expr
			text, isText := sentence(n.(ast.Expr), &values) //nolint:forcetypeassert // both are
			if !isText {
				return true
			}
			if len(text) > 8 && strings.Contains(text, " ") && !noSentences.MatchString(text) {
				said[text] = positions.Position(n.Pos()).String()
			}
			for _, value := range values {
				if value != nil {
					ast.Inspect(value, look)
				}
			}
			return false
		}
		return true
	}
	ast.Inspect(parsed, look)
}

var verb = regexp.MustCompile(`%[-+# 0]*[vTtdqxXUsw]`)

// sentence is a text of the code with its values numbered: those of a format, which are nil in the list of values, and
// what is put between two parts.
func sentence(e ast.Expr, values *[]ast.Expr) (text string, isText bool) {
	value := func(e ast.Expr) string {
		*values = append(*values, e)
		return "{{" + strconv.Itoa(len(*values)) + "}}"
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			text = verb.ReplaceAllStringFunc(text, func(string) string { return value(nil) })
			return strings.ReplaceAll(text, "%%", "%"), true
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, isText := sentence(e.X, values)
			right, isTextToo := sentence(e.Y, values)
			return left + right, isText || isTextToo
		}
	case *ast.ParenExpr:
		return sentence(e.X, values)
	}
	return value(e), false
}

func TestWhatTheServerSaysIsGivenInTheReadersLanguage(t *testing.T) {
	german := words.New("de")
	for _, english := range []string{
		`"10.0.0.0/40" is not an address block; write it like 10.0.0.0/8 or 2001:db8::/32`,
		"has 40 entries; at most 32 are allowed",
		"its name has 300 characters; at most 200 are allowed",
		"GET /loki would be refused: it would take write, which the role Viewer does not grant.",
		"The API key was revoked. Ask for a new one.",
		"The API key has the role Agent, which does not grant read; use one with Admin or Editor or Viewer.",
		"The list of endpoints says why. It cannot be asked.",
	} {
		text := german.FromServer(english)
		require.NotEqual(t, english, text)
		require.NotRegexp(t, `\{\{|\b(the|is|has|are|would|it|or)\b`, text)
		require.Equal(t, english, words.New("en").FromServer(english))
	}
	require.Equal(t, "Aus Grafana übernommen.", german.Described("Taken over from Grafana."))
	for _, text := range []string{"", "Taken over from Grafana. By me", "It was never used."} {
		require.Equal(t, text, german.Described(text))
	}
	for english, text := range map[string]string{
		`The key "edge" (4fjK2n0qPz7a) of ada ends on 2026-12-01 12:00 UTC, in 3 days. What uses it is refused from then ` +
			"on. Rotate it and give its users the new token, or extend it. It was last used on 2026-11-21 12:00 UTC from " +
			"10.0.0.1.": "Der Schlüssel „edge“ (4fjK2n0qPz7a) von ada läuft am 2026-12-01 12:00 UTC ab, in 3 Tagen. Was " +
			"ihn benutzt, wird von da an abgelehnt. Erneuern Sie ihn und geben Sie das neue Token denen, die ihn " +
			"benutzen, oder verlängern Sie ihn. Er wurde zuletzt am 2026-11-21 12:00 UTC von 10.0.0.1 aus benutzt.",
		`The key "a \"b\"; the machine itself" (4fjK2n0qPz7a) asked for more than its limits allow and was refused: from ` +
			"10.0.0.1 (X (Y; Z)), 7 requests; and from 3 others. Raise its limits if it needs more, and look at its " +
			"users if not.": `Der Schlüssel „a "b"; the machine itself“ (4fjK2n0qPz7a) hat mehr verlangt, als seine ` +
			"Grenzen erlauben, und wurde abgelehnt: von 10.0.0.1 (X (Y; Z)), 7 Anfragen; und von 3 weiteren. Erhöhen " +
			"Sie seine Grenzen, wenn er mehr braucht; sehen Sie andernfalls nach, wer ihn benutzt.",
		"it would take ingest, which the role Viewer does not grant": "dafür bräuchte es „Daten senden“, was die Rolle " +
			"Viewer nicht gewährt",
		"10.0.0.9 could not be reached: something new": "10.0.0.9 war nicht erreichbar: something new",
	} {
		require.Equal(t, text, german.FromServer(english))
	}
	for _, english := range []string{"", "loki", "Something new. Do this.", "The API key was revoked. Something new."} {
		require.Equal(t, english, german.FromServer(english))
	}
}
