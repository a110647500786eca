package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/ui/audit"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestTheTrailIsWordedFromData says the same in both languages, and never takes
// what a user wrote for anything else.
func TestTheTrailIsWordedFromData(t *testing.T) {
	at := time.Date(2026, 11, 22, 18, 42, 46, 0, time.UTC)
	english, german := words.New("en"), words.New("de")
	english.Zone, german.Zone = time.UTC, time.UTC
	for _, c := range []struct {
		data   apikey.AuditData
		en, de string
	}{
		{apikey.AuditData{}, "", ""},
		{apikey.AuditData{State: apikey.StateRevoked}, "state before: revoked", "Zustand zuvor: widerrufen"},
		{apikey.AuditData{Pool: "edge"}, "pool edge", "Pool edge"},
		{apikey.AuditData{Endpoint: "loki"}, "endpoint loki", "Endpunkt loki"},
		{apikey.AuditData{Note: "role Agent; expires never"}, "role Agent; expires never", "role Agent; expires never"},
		{
			apikey.AuditData{TokenID: "4fjK2n0qPz7a", Until: at},
			"token 4fjK2n0qPz7a; its other tokens work until " + english.Moment(at),
			"Token 4fjK2n0qPz7a; seine anderen Token gelten bis " + german.Moment(at),
		},
		{
			apikey.AuditData{Changes: []apikey.FieldChange{
				{Field: "description", To: "x; role Admin; y"}, {Field: "role", To: "Agent"}, {Field: "endpoints", To: []string{"a", "b"}}, {Field: "expiresAt"},
			}, Origin: &apikey.AuditOrigin{System: "Grafana", Number: "7"}},
			"from Grafana, number 7; description: “x; role Admin; y”; role: Agent; endpoints: a, b; expires: never",
			"aus Grafana, Nummer 7; Beschreibung: „x; role Admin; y“; Rolle: Agent; Endpunkte: a, b; Ablauf: nie",
		},
		{
			apikey.AuditData{Changes: []apikey.FieldChange{
				{Field: "name", From: "was revoked", To: "2026-11-22T18:42:46Z"}, {Field: "enabled", From: true, To: false},
				{Field: "allowedCidrs", From: []string{"10.0.0.0/8"}}, {Field: "expiresAt", From: "2026-11-22T18:42:46Z"},
				{Field: "fromLater", From: "a", To: "b"},
			}},
			"name: “was revoked” → “2026-11-22T18:42:46Z”; enabled: yes → no; addresses: 10.0.0.0/8 → any address; expires: " +
				english.Moment(at) + " → never; fromLater: “a” → “b”",
			"Name: „was revoked“ → „2026-11-22T18:42:46Z“; aktiviert: ja → nein; Adressen: 10.0.0.0/8 → jede Adresse; Ablauf: " +
				german.Moment(at) + " → nie; fromLater: „a“ → „b“",
		},
		{
			apikey.AuditData{Changes: []apikey.FieldChange{
				{Field: "owner", From: "ada", To: "all; role: Admin"}, {Field: "labels", From: []string{"env=prod", "team=sre"}},
				{Field: "tenants", From: []string{"a"}, To: []string{"a", "b"}}, {Field: "limits.burst", To: int64(1000)},
				{Field: "limits.bytesPerDay", From: int64(1_250_000_000)}, {Field: "disabledUntil", To: "2026-11-22T18:42:46Z"}, {Field: "owner", From: "ada", To: ""},
			}},
			"owner: “ada” → “all; role: Admin”; labels: env=prod, team=sre → none; tenants: a → a, b; Burst: 1,000; " +
				"Bytes per day: 1.25 GB → none; disabled until: " + english.Moment(at) + "; owner: “ada” → none",
			"Verantwortlich: „ada“ → „all; role: Admin“; Labels: env=prod, team=sre → keine; Mandanten: a → a, b; Spitze: 1.000; " +
				"Bytes pro Tag: 1,25 GB → keine; deaktiviert bis: " + german.Moment(at) + "; Verantwortlich: „ada“ → keine",
		},
		{
			apikey.AuditData{Changes: []apikey.FieldChange{
				{Field: "onExpired.hold", To: int64(7200)}, {Field: "limitPerKey.bytesPerDay", To: int64(1e9)},
				{Field: "tenant.header", To: "X-Scope-OrgID"}, {Field: "require", From: "read", To: "write"},
				{Field: "defaultTtl", From: "90d", To: "30d"},
			}},
			"expired keys are held for: 2 hours; Bytes per day: 1 GB; header for the tenant: “X-Scope-OrgID”; " +
				"What a key must grant: read → write; Lifetime when none is chosen: 90d → 30d",
			"abgelaufene Schlüssel zurückgestellt für: 2 Stunden; Bytes pro Tag: 1 GB; Header für den Mandanten: " +
				"„X-Scope-OrgID“; Was ein Schlüssel gewähren muss: read → write; Gültigkeit, wenn keine gewählt wird: 90d → 30d",
		},
	} {
		require.Equal(t, c.en, strings.Join(audit.Detail(english, c.data), "; "))
		require.Equal(t, c.de, strings.Join(audit.Detail(german, c.data), "; "))
	}
}
