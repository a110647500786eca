package verify

import "slices"

// Organizations lists the organizations that have keys here, by number.
func (r *Replica) Organizations() (list []int64) {
	r.table.Load().each(func(e *entry) {
		if !slices.Contains(list, e.orgID) {
			list = append(list, e.orgID)
		}
	})
	slices.Sort(list)
	return list
}
