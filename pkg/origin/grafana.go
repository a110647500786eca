package origin

import (
	"database/sql"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// grafana reads the keys of Grafana, and the tokens of its service accounts,
// which are in the same table. The role and the state of the latter are those
// of their account.
func (r *reader) grafana() (keys []apikey.ForeignKey, err error) {
	columns, err := r.columns("api_key", "id", "org_id", "name", "key", "role", "created")
	if err != nil {
		return nil, err
	}
	have := func(column, otherwise string) string {
		if slices.Contains(columns, column) {
			return "k." + column
		}
		return otherwise
	}
	account, role, disabled, joins := "NULL", "k.role", "0", ""
	if slices.Contains(columns, "service_account_id") {
		account, role, disabled = "k.service_account_id",
			"CASE WHEN k.service_account_id IS NULL THEN k.role ELSE m.role END", "u.is_disabled"
		joins = ` LEFT JOIN org_user AS m ON m.user_id = k.service_account_id AND m.org_id = k.org_id
			LEFT JOIN user AS u ON u.id = k.service_account_id`
	}
	query := `SELECT ` + texts("k.id", "k.org_id", "k.name", "k.key", role, "k.created", have("expires", "NULL"),
		have("is_revoked", "0"), account, disabled) +
		` FROM api_key AS k` + joins + ` ORDER BY k.id`
	err = r.eachKey(query, func(rows *sql.Rows) error {
		var id, org, name, hash, roleName, created, expires, revoked, account, disabled value
		if err := rows.Scan(&id, &org, &name, &hash, &roleName, &created, &expires, &revoked, &account,
			&disabled); err != nil {
			return err
		}
		k := apikey.ForeignKey{Name: name.String, Enabled: true,
			Origin: apikey.Origin{System: Grafana, Hash: hash.String}, Hint: "eyJ…",
			Description: "Taken over from Grafana."}
		orgID, ok := org.number()
		switch {
		case !ok:
			skip(&k, "its organization %s is no number", org.quoted())
		case orgID != r.opts.OrgID:
			skip(&k, "it belongs to organization %d; ostiary import --org %d takes those over", orgID, orgID)
		case revoked.flag(&k, "is_revoked", false):
			skip(&k, "it was revoked")
		}
		k.Origin.Handle = grafanaHandle(orgID, k.Name)
		if account.Valid && account.String != "0" {
			k.Origin.System, k.Enabled = grafanaAccount, !disabled.flag(&k, "is_disabled", false)
			k.Hint, k.Description = "eyJ… or glsa_…", "Taken over from a service account in Grafana."
		}
		switch roleName.String {
		case "Admin", "Editor", "Viewer":
			k.Role, _ = apikey.ParseRole(roleName.String)
		case "":
			skip(&k, "its service account is gone")
		default:
			skip(&k, "it has the role %s, which grants nothing here", roleName.quoted())
		}
		k.CreatedAt, _ = parseTime(created.String, time.UTC)
		setEndInSeconds(&k, expires)
		keys = append(keys, found(k, id, checkPBKDF2(k.Origin.Hash)))
		return nil
	})
	return keys, err
}
