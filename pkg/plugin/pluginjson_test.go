package plugin_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/plugin"
)

// pluginJSON is all that plugin.json says, in the words of Grafana's schema; other fields would be mistakes.
type pluginJSON struct {
	Schema      string `json:"$schema"`
	Type        string
	Name        string
	ID          string
	Backend     bool
	Executable  string
	AutoEnabled bool
	Info        struct {
		Keywords    []string
		Description string
		Author      struct{ Name, URL string }
		Links       []struct{ Name, URL string }
		Logos       struct{ Small, Large string }
		Screenshots []struct{ Name, Path string }
		Version     string
		Updated     string
	}
	Languages []string
	Roles     []struct {
		Role struct {
			Name, Description string
			Permissions       []struct{ Action, Scope string }
		}
		Grants []string
	}
	Includes []struct {
		Type, Name, Path, Role, Icon string
		AddToNav, DefaultNav         bool
	}
	Dependencies struct {
		GrafanaDependency string
		Plugins           []struct{ ID, Name, Type string }
	}
}

// What Grafana's source demands of plugin.json: unknown fields it ignores without a word, and a role that it does not
// like it leaves out with a line in its log.
func TestThePluginJSON(t *testing.T) {
	content, err := os.ReadFile("../../plugin.json")
	require.NoError(t, err)
	var about pluginJSON
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&about))

	require.Equal(t, plugin.ID, about.ID)
	require.Regexp(t, `^[0-9a-z]+-([0-9a-z]+-)?app$`, about.ID)
	require.Equal(t, "app", about.Type)
	require.True(t, about.Backend)
	require.Equal(t, "gpx_ostiary_apikeys", about.Executable, "Grafana starts EXECUTABLE_OS_ARCH")
	require.Equal(t, ">=11.6.0", about.Dependencies.GrafanaDependency)
	require.NotEmpty(t, about.Info.Keywords)
	require.Equal(t, "%VERSION%", about.Info.Version, "which the build fills in")
	require.Equal(t, "%TODAY%", about.Info.Updated)
	for _, language := range about.Languages {
		require.Regexp(t, `^[a-z]{2}-[A-Z]{2}$`, language)
	}
	for _, file := range []string{about.Info.Logos.Small, about.Info.Logos.Large} {
		require.FileExists(t, "../../src/"+file)
	}
	for _, s := range about.Info.Screenshots {
		require.FileExists(t, "../../src/"+s.Path)
	}

	t.Run("roles to read and to manage keys", func(t *testing.T) {
		require.Len(t, about.Roles, 2)
		granted := map[string][]string{}
		for _, r := range about.Roles {
			require.NotEmpty(t, r.Role.Name, "Grafana leaves a role without a name out")
			require.NotEmpty(t, r.Role.Description)
			for _, p := range r.Role.Permissions {
				require.Regexp(t, `^`+regexp.QuoteMeta(plugin.ID)+`\.keys:(read|write)$`, p.Action, "actions of others are refused")
				require.Empty(t, p.Scope, "keys have none")
				granted[p.Action] = append(granted[p.Action], r.Grants...)
			}
			for _, grant := range r.Grants {
				require.Contains(t, []string{"Viewer", "Editor", "Admin", "Grafana Admin"}, grant)
			}
		}
		require.Equal(t, map[string][]string{
			plugin.ID + ".keys:read": {"Viewer", "Admin"}, plugin.ID + ".keys:write": {"Admin"},
		}, granted)
	})

	t.Run("pages and dashboards", func(t *testing.T) {
		var pages, dashboards, defaults int
		for _, i := range about.Includes {
			require.NotEmpty(t, i.Name)
			switch i.Type {
			case "page":
				pages++
				require.Contains(t, []string{"Viewer", "Editor", "Admin"}, i.Role)
				require.Regexp(t, `^/(a|plugins)/%PLUGIN_ID%([/?]|$)`, i.Path)
				require.True(t, i.AddToNav)
			case "dashboard":
				dashboards++
				require.True(t, json.Valid(mustRead(t, "../../src/"+i.Path)))
			default:
				require.Failf(t, "not a type of include", "%q", i.Type)
			}
			if i.DefaultNav {
				defaults++
			}
		}
		require.Equal(t, []int{7, 2, 1}, []int{pages, dashboards, defaults})
	})

	t.Run("Grafana's schema", func(t *testing.T) {
		file := os.Getenv("GRAFANA_PLUGIN_SCHEMA")
		if file == "" {
			t.Skip("set GRAFANA_PLUGIN_SCHEMA to a copy of " + about.Schema)
		}
		schema, err := jsonschema.NewCompiler().Compile(file)
		require.NoError(t, err)
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(string(content)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(instance))
	})
}

// The dashboard asks only for metrics that the plugin has.
func TestTheDashboardShowsOurMetrics(t *testing.T) {
	h := start(t)
	issued := create(t, h, "admin", `{"name":"a","role":"Viewer"}`)
	atGate(t, gateURL(t, h), issued.Token)
	metrics, err := h.CollectMetrics(t.Context())
	require.NoError(t, err)
	names := regexp.MustCompile(`\bostiary_[a-z_]+`).FindAllString(string(mustRead(t, "../../src/dashboards/ostiary.json")), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, suffix)
		}
		require.Regexp(t, `(?m)^# TYPE (`+name+`|`+base+`) `, metrics, name)
	}
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return content
}
