// Command ostiary-desktop manages the API keys of Ostiary servers, or of this
// computer, in a window.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"fyne.io/fyne/v2/app"

	"github.com/ostiary/ostiary/desktop/kit"
	_ "github.com/ostiary/ostiary/desktop/locale" // before Fyne
	"github.com/ostiary/ostiary/desktop/memory"
	"github.com/ostiary/ostiary/desktop/rest"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/shell"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ostiary-desktop:", err)
		showFailure(err.Error())
		os.Exit(1)
	}
}

// gcPercent is how much garbage may gather before it is collected, in hundredths of what is in use. The usual 100 costs
// more memory than collecting costs time in a window that mostly waits.
const gcPercent = 25

func run() error {
	debug.SetGCPercent(gcPercent)
	configDir, err := state.ConfigDir()
	if err != nil {
		return err
	}
	dataDir, err := state.DataDir()
	if err != nil {
		return err
	}
	flags, gate := newFlags(&configDir, &dataDir)
	if err := flags.Parse(os.Args[1:]); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		os.Exit(2) // the flags have printed why
	}

	settings, err := state.OpenSettings(configDir)
	if err != nil {
		return err
	}
	computer := state.NewComputer(dataDir, *gate)
	program, sleep := app.NewWithID("io.github.ostiary.desktop"), rest.New()
	shell.New(program, &state.App{
		Settings: settings,
		Secrets:  state.NewSecrets(state.SystemKeyring{}),
		Computer: computer,
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}, kit.Threads{Wake: sleep.Wake, End: func() {
		sleep.End()
		os.Exit(leave(computer))
	}}).Show()
	go sleep.Run()
	go memory.Keep()
	program.Run() // until a signal ends it
	sleep.End()
	return computer.Close(context.Background())
}

// leave closes the store, and returns the program's exit code. It ends the
// program itself: on its way out Fyne 2.7 may send to a channel that it has just
// closed.
func leave(computer *state.Computer) int {
	if err := computer.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "ostiary-desktop:", err)
		return 1
	}
	return 0
}

// newFlags are the program's flags, over the directories' defaults. What is
// in back quotes names the value in the help.
func newFlags(configDir, dataDir *string) (flags *flag.FlagSet, gate *string) {
	flags = flag.NewFlagSet("ostiary-desktop", flag.ContinueOnError)
	flags.StringVar(configDir, "config-dir", *configDir, "`DIR` of the settings")
	flags.StringVar(dataDir, "data-dir", *dataDir, "`DIR` of the store on this computer")
	gate = flags.String("gate", "", "`ADDRESS` of the gate on this computer (default 127.0.0.1:7172)")
	return flags, gate
}
