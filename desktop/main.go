// Command ostiary-desktop manages the API keys of Ostiary servers, or of this
// computer, in a window.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"fyne.io/fyne/v2/app"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ostiary-desktop:", err)
		showFailure(err.Error())
		os.Exit(1)
	}
}

func run() error {
	configDir, err := state.ConfigDir()
	if err != nil {
		return err
	}
	dataDir, err := state.DataDir()
	if err != nil {
		return err
	}
	flag.StringVar(&configDir, "config-dir", configDir, "directory of the settings")
	flag.StringVar(&dataDir, "data-dir", dataDir, "directory of the store on this computer")
	gate := flag.String("gate", "", "address of the gate on this computer (default 127.0.0.1:7172)")
	flag.Parse()

	settings, err := state.OpenSettings(configDir)
	if err != nil {
		return err
	}
	computer := state.NewComputer(dataDir, *gate)
	program := app.NewWithID("io.github.ostiary.desktop")
	ui.New(program, &state.App{
		Settings: settings,
		Secrets:  state.NewSecrets(state.SystemKeyring{}),
		Computer: computer,
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}, ui.Threads{}).Show()
	program.Run()
	return computer.Close(context.Background())
}
