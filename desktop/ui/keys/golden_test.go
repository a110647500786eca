package keys_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// golden is what the console's test writes of what its form of a key knows.
type golden struct {
	Now       time.Time
	Gate      []api.Endpoint
	Templates []struct {
		Case      string
		Policy    api.Policy
		Templates []struct {
			ID        state.TemplateID
			Role      apikey.Role
			Endpoints []string
			Lifetime  string
		}
	}
	Called map[string]map[state.TemplateID]string // by language
	Keys   []struct {
		Case          string
		Key           keys.Typed
		Present       *time.Time
		Gate          []string // the names of those of the endpoints that there are; nil = all
		Unknown       []string
		Said, Against map[string]string // by language
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	content, err := os.ReadFile("../../../src/components/key.golden")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &g))
	return g
}

// TestTemplatesAreThoseOfTheConsole has them with several policies, and called
// the same in every language.
func TestTemplatesAreThoseOfTheConsole(t *testing.T) {
	g := readGolden(t)
	require.Len(t, g.Templates, 4)
	for _, tt := range g.Templates {
		t.Run(tt.Case, func(t *testing.T) {
			made := state.Templates(tt.Policy, g.Gate)
			require.Len(t, made, len(tt.Templates))
			for i, want := range tt.Templates {
				require.Equal(t, want.ID, made[i].ID)
				require.Equal(t, want.Role, made[i].Role, want.ID)
				require.ElementsMatch(t, want.Endpoints, made[i].Endpoints, want.ID)
				require.Equal(t, keys.ReadLifetime(want.Lifetime, "", ""), made[i].Lifetime, want.ID)
			}
		})
	}
	require.ElementsMatch(t, words.Languages(), languages(g.Called))
	for language, called := range g.Called {
		w := words.New(language)
		for id, want := range called {
			require.Equal(t, want, keys.TemplateName(w, id)+": "+keys.TemplateText(w, id))
		}
	}
}

// TestTheSentenceIsThatOfTheConsole has keys of all sorts, in every language.
func TestTheSentenceIsThatOfTheConsole(t *testing.T) {
	g := readGolden(t)
	require.Greater(t, len(g.Keys), 12)
	for _, tt := range g.Keys {
		require.ElementsMatch(t, words.Languages(), languages(tt.Said))
		gate := slices.DeleteFunc(slices.Clone(g.Gate), func(e api.Endpoint) bool {
			return tt.Gate != nil && !slices.Contains(tt.Gate, e.Name)
		})
		require.ElementsMatch(t, tt.Unknown, state.Unknown(tt.Key.Endpoints, gate), tt.Case)
		for language, want := range tt.Said {
			t.Run(tt.Case+", "+language, func(t *testing.T) {
				w := plainWords(language, g.Now)
				said, against := tt.Key.Says(w, gate, tt.Present)
				require.Equal(t, want, said)
				require.Equal(t, tt.Against[language], against)
			})
		}
	}
}

func languages[T any](by map[string]T) (codes []string) {
	for code := range by {
		codes = append(codes, code)
	}
	return codes
}

// plainWords write days as 2026-11-28, since each program writes them in its own
// way.
func plainWords(language string, now time.Time) *words.Words {
	w := words.New(language)
	w.Now, w.Zone = func() time.Time { return now }, time.UTC
	w.Texts["date.day"] = "{{year}}-{{month}}-{{d}}"
	for month := 1; month <= 12; month++ {
		w.Texts["month."+strconv.Itoa(month)] = strings.Repeat("0", max(0, 2-len(strconv.Itoa(month)))) + strconv.Itoa(month)
	}
	return w
}
