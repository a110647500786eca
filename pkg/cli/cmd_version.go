package cli

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

// build says which program this is, and how it was built.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	return build{Version: Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
}

func versionLine() string {
	p := thisBuild()
	return fmt.Sprintf("ostiary %s (%s, %s)", p.Version, p.Go, p.Platform)
}

func newVersionCommand(a *app) *cobra.Command {
	return offline(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Prints the version of this program, of Go, and the platform it was built for. -o json and -o yaml work here too.",
		Example: `  ostiary version
  ostiary version -o json`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			return a.show(thisBuild(), func(w io.Writer) { _, _ = fmt.Fprintln(w, versionLine()) })
		},
	})
}
