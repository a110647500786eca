package postgres

// WithCommonBlocks sets in how many blocks a term may be before a search
// takes it for common.
func WithCommonBlocks(n int) Option {
	return func(o *options) { o.commonBlocks = n }
}
