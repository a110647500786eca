package origin

import (
	"database/sql"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// pyroscopeRoles are the roles by the numbers in Pyroscope's database.
var pyroscopeRoles = map[int64]apikey.Role{1: apikey.RoleViewer, 2: apikey.RoleAgent, 3: apikey.RoleAdmin}

func (r *reader) pyroscope() (keys []apikey.ForeignKey, err error) {
	if _, err := r.columns("api_keys", "id", "name", "hash", "role", "expires_at", "created_at"); err != nil {
		return nil, err
	}
	query := `SELECT ` + texts("id", "name", "hash", "role", "expires_at", "created_at") + ` FROM api_keys ORDER BY id`
	err = r.eachKey(query, func(rows *sql.Rows) error {
		var id, name, hash, role, expires, created value
		if err := rows.Scan(&id, &name, &hash, &role, &expires, &created); err != nil {
			return err
		}
		k := apikey.ForeignKey{Name: name.String, Enabled: true,
			Origin: apikey.Origin{System: Pyroscope, Handle: id.String, Hash: hash.String}, Hint: "psx-…",
			Description: "Taken over from Pyroscope."}
		n, _ := role.number()
		if k.Role = pyroscopeRoles[n]; k.Role == apikey.RoleNone {
			skip(&k, "its role has the number %s, which is not known", role.quoted())
		}
		k.CreatedAt, _ = parseTime(created.String, time.UTC)
		if expires.Valid && expires.String == "" { // which no driver of Go's reads as none
			skip(&k, "its end %s cannot be read as a time", expires.quoted())
		}
		setEnd(&k, expires, time.UTC)
		keys = append(keys, found(k, id, checkBcrypt(k.Origin.Hash)))
		return nil
	})
	return keys, err
}
