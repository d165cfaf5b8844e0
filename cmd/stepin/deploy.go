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

func (d deployCmd) Run(e env) error {
	b, err := deployments.ReadFile("deploy/" + deployFile[d.To])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s", b)
	return err
}
