package main

import (
	"embed"
	"fmt"
)

//go:embed deploy
var deployments embed.FS

type deployCmd struct {
	To string `arg:"" enum:"systemd,compose,kubernetes,kubernetes-once" help:"systemd, compose or kubernetes. Or kubernetes-once: a pod that runs a restore or a compact on the same volume."`
}

// deployFile is the embedded example for each place to run.
var deployFile = map[string]string{
	"systemd": "stepin.service", "compose": "compose.yaml", "kubernetes": "kubernetes.yaml", "kubernetes-once": "kubernetes-once.yaml",
}

func (d deployCmd) Run(e env) error {
	b, err := deployments.ReadFile("deploy/" + deployFile[d.To])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s", b)
	return err
}
