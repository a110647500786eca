package build

import (
	"context"
	"os"
	"time"

	"github.com/magefile/mage/target"
)

func npmRun(script string) func(context.Context) error {
	return func(ctx context.Context) error { return sh(ctx, nil, "npm", "run", script) }
}

// installWebModules installs what package-lock.json names; npm keeps a copy of what it has installed.
func installWebModules(ctx context.Context) error {
	stale, err := target.Path("node_modules/.package-lock.json", "package-lock.json")
	if err != nil || !stale {
		return upToDate(err)
	}
	return sh(ctx, nil, "npm", "ci")
}

func buildConsole(ctx context.Context) error {
	sources := []string{"src", ".config", "tsconfig.json", "package-lock.json"}
	stale, err := target.Dir(consolePage, sources...)
	if err != nil || !stale {
		return upToDate(err)
	}
	if err := npmRun("build:console")(ctx); err != nil {
		return err
	}
	// webpack leaves a file alone whose content stays the same; its time must still say when it was built.
	return os.Chtimes(consolePage, time.Now(), time.Now())
}

func buildStandIn(ctx context.Context) error {
	if err := goBuild(ctx, "bin/test/pluginhost", "./pkg/plugintest/pluginhost", ""); err != nil {
		return err
	}
	return npmRun("build:grafana")(ctx)
}
