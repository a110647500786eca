package apikey

import (
	"fmt"
	"strings"
)

// Role says what a key may do. The zero Role grants nothing; it is the role
// of a signed-in person whom Grafana gives none.
type Role uint8

// The roles, in the order of what they grant.
const (
	RoleNone Role = iota
	RoleAgent
	RoleViewer
	RoleEditor
	RoleAdmin
)

// Roles lists the roles that a key can have, the strongest first.
func Roles() []Role { return []Role{RoleAdmin, RoleEditor, RoleViewer, RoleAgent} }

var roleNames = [...]string{RoleNone: "", RoleAgent: "Agent", RoleViewer: "Viewer", RoleEditor: "Editor",
	RoleAdmin: "Admin"}

// String returns the role's name as the resource API writes it.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// ParseRole reads a role without regard to case. "ReadOnly", Pyroscope's
// word, is read as Viewer.
func ParseRole(s string) (Role, error) {
	switch strings.ToLower(s) {
	case "admin":
		return RoleAdmin, nil
	case "editor":
		return RoleEditor, nil
	case "viewer", "readonly":
		return RoleViewer, nil
	case "agent":
		return RoleAgent, nil
	}
	return RoleNone, fmt.Errorf("%q is not a role; use Admin, Editor, Viewer or Agent", clip(s))
}

// MarshalText writes the role's name.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRole reads; empty text is RoleNone.
func (r *Role) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*r = RoleNone
		return nil
	}
	*r, err = ParseRole(string(text))
	return err
}

// Permission is one thing that a request may need.
type Permission uint8

// The permissions. PermissionNone is what a request needs that takes any
// good key.
const (
	PermissionNone Permission = iota
	PermissionIngest
	PermissionRead
	PermissionWrite
	PermissionManage
)

var permissionNames = [...]string{PermissionNone: "", PermissionIngest: "ingest", PermissionRead: "read",
	PermissionWrite: "write", PermissionManage: "manage"}

// Permissions lists the permissions that a role can grant, the strongest
// first.
func Permissions() []Permission {
	return []Permission{PermissionManage, PermissionWrite, PermissionRead, PermissionIngest}
}

// String returns the permission's name as the resource API writes it.
func (p Permission) String() string {
	if int(p) < len(permissionNames) {
		return permissionNames[p]
	}
	return fmt.Sprintf("Permission(%d)", uint8(p))
}

// ParsePermission reads manage, write, read or ingest; empty is
// PermissionNone.
func ParsePermission(s string) (Permission, error) {
	for p, name := range permissionNames {
		if s == name {
			return Permission(p), nil
		}
	}
	return PermissionNone, fmt.Errorf("%q is not a permission; use read, write, ingest or manage", clip(s))
}

// granted holds a bit for every permission that a role grants.
var granted = [...]uint8{
	RoleNone:   1 << PermissionNone,
	RoleAgent:  1<<PermissionNone | 1<<PermissionIngest,
	RoleViewer: 1<<PermissionNone | 1<<PermissionRead,
	RoleEditor: 1<<PermissionNone | 1<<PermissionRead | 1<<PermissionWrite,
	RoleAdmin:  1<<PermissionNone | 1<<PermissionRead | 1<<PermissionWrite | 1<<PermissionIngest | 1<<PermissionManage,
}

// Grants reports whether the role grants p.
func (r Role) Grants(p Permission) bool {
	return int(r) < len(granted) && granted[r]&(1<<p) != 0
}

// clip shortens what a caller sent before it is quoted in an error.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
