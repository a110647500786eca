package cli

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

const idHelp = `ID is the key's id, or its exact name.`

func newKeyCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "key",
		Short: "Make, list, change, rotate, revoke and check keys",
		Long: `Makes and manages API keys. All but "verify" take an API key with the role
Admin.`,
		Example: `  ostiary key create edge-agents
  ostiary key list
  ostiary key rotate edge-agents --overlap 24h
  ostiary key revoke edge-agents`,
	},
		newKeyCreate(a), newKeyList(a), newKeyGet(a), newKeyUsage(a), newKeyClients(a), newKeyUpdate(a),
		newKeyRotate(a), newKeyTokens(a), newKeyDisable(a), newKeyEnable(a), newKeyRevoke(a), newKeyDelete(a),
		newKeyVerify(a))
}

func newKeyGet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Show one key",
		Long:  "Shows all that is known of one key; its token is not. " + idHelp,
		Example: `  ostiary key get 4fjK2n0qPz7a
  ostiary key get edge-agents -o yaml`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, k, err := a.connectTo(cmd, args[0])
			if err == nil && !k.Limits.IsZero() {
				k, err = c.Key(cmd.Context(), k.ID) // which alone says how much of them is used
			}
			if err != nil {
				return err
			}
			return a.showKey(k)
		},
	}
}

// showKey writes all that is known of a key.
func (a *app) showKey(k *api.Key) error {
	return a.show(k, func(w io.Writer) { term.Table(w, describeKey(k, time.Now())) })
}

func tenantsText(tenants []string) string {
	if len(tenants) == 1 && tenants[0] == apikey.AnyTenant {
		return "any"
	}
	return term.OrDash(strings.Join(tenants, ", "))
}

// stateText says what state a key is in, and until when if it ends by itself.
func stateText(k *api.Key, now time.Time) string {
	if k.State != apikey.StateDisabled || k.DisabledUntil == nil {
		return string(k.State)
	}
	return fmt.Sprintf("%s, enabled again %s", k.State, term.Exactly(*k.DisabledUntil, now))
}

func describeKey(k *api.Key, now time.Time) [][]string {
	when := func(t *time.Time) string {
		if t == nil {
			return "never"
		}
		return term.Exactly(*t, now)
	}
	used := when(k.LastUsedAt)
	if k.LastUsedFrom != "" {
		used += " from " + k.LastUsedFrom
	}
	rows := [][]string{
		{"ID", k.ID},
		{"Number", strconv.FormatInt(k.Number, 10)},
		{"Name", k.Name},
		{"Description", term.OrDash(k.Description)},
		{"Owner", term.OrDash(k.Owner)},
		{"Labels", term.OrDash(strings.Join(apikey.LabelTexts(k.Labels), ", "))},
		{"Role", k.Role.String()},
		{"Pool", term.OrDash(k.Pool)},
		{"Endpoints", term.OrAll(k.Endpoints)},
		{"Addresses", term.OrAll(k.AllowedCIDRs)},
		{"Tenants", tenantsText(k.Tenants)},
		{"Limits", term.OrDash(strings.ReplaceAll(k.Limits.String(), ",", ", ") + limitsUsed(k))},
		{"State", stateText(k, now)},
		{"Created", fmt.Sprintf("%s by %s", term.Exactly(k.CreatedAt, now), k.CreatedBy)},
		{"Expires", when(k.ExpiresAt)},
		{"Last used", used},
		{"Used", term.Count(int(k.UseCount), "time")},
		{"Token", k.Hint},
	}
	if k.LastHeldAt != nil {
		rows = append(rows, []string{"Last held", when(k.LastHeldAt)})
	}
	if k.LastGraceAt != nil {
		rows = append(rows, []string{"Last grace", when(k.LastGraceAt)})
	}
	if k.RevokedAt != nil {
		rows = append(rows, []string{"Revoked", when(k.RevokedAt)})
	}
	if n := len(k.Tokens); n > 1 {
		rows = append(rows, []string{"Tokens", fmt.Sprintf("%d; list them with: ostiary key tokens %s", n, k.ID)})
	}
	return rows
}

// limitsUsed says how much of a key's limits is used by now: " (used: 40% of requestsPerDay)"; nothing if none is.
func limitsUsed(k *api.Key) string {
	var parts []string
	for _, name := range apikey.LimitNames() {
		if percent := math.Floor(100 * k.LimitsUsed[name]); percent >= 1 {
			parts = append(parts, fmt.Sprintf("%.0f%% of %s", percent, name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (used: " + strings.Join(parts, ", ") + ")"
}
