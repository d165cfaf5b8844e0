package main

import (
	"embed"
	"fmt"
)

//go:embed deploy
var deployments embed.FS

type deployCmd struct {
	To string `arg:"" enum:"systemd,compose,kubernetes,kubernetes-once" help:"One of ${enum}."`
}

func (deployCmd) Help() string {
	return `kubernetes-once is a pod that runs a restore or a compact on the volume of kubernetes.`
}

// deployFile is the example for each platform.
var deployFile = map[string]string{
	"systemd": "stepin.service", "compose": "compose.yaml", "kubernetes": "kubernetes.yaml",
	"kubernetes-once": "kubernetes-once.yaml",
}

// callBytes is what a call takes in the file with its words, its history and its messages, in bytes.
const callBytes = 6000

// volume is how large a disk must be for a file of so many bytes: the file, its rewrite and one copy.
func volume(file int64) int64 { return 3*file + file/8 + 1<<20 }

// roomSum is the sum for some numbers of calls.
func roomSum() string {
	rows := [][]string{{"calls that are kept", "file", "disk"}}
	for _, calls := range []int64{10_000, 50_000, 200_000} {
		file := calls * callBytes
		rows = append(rows, []string{fmt.Sprint(calls), size(file), size(volume(file))})
	}
	return table(rows)
}

func (d deployCmd) Run(e env) error {
	b, err := deployments.ReadFile("deploy/" + deployFile[d.To])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s", b)
	return err
}
