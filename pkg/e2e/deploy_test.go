package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/ostiary/ostiary/pkg/config"
)

// TestSystemdUnit lets systemd read the unit, and judge how locked in it is.
func TestSystemdUnit(t *testing.T) {
	unit, err := os.ReadFile("../../deploy/systemd/ostiary.service")
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	// The program is not installed where the tests run.
	here := bytes.ReplaceAll(unit, []byte("/usr/local/bin/ostiary"), []byte(self))
	file := filepath.Join(t.TempDir(), "ostiary.service")
	require.NoError(t, os.WriteFile(file, here, 0o600))

	out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "ostiary.service", "nothing to complain about")

	out, err = exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	exposure := regexp.MustCompile(`Overall exposure level for ostiary\.service: (\d+)\.(\d)`).FindSubmatch(out)
	require.NotNil(t, exposure, "%s", out)
	t.Logf("exposure %s.%s of 10", exposure[1], exposure[2])
	require.Equal(t, "1", string(exposure[1]), "%s", out)
}

// kubernetes are the objects of the manifests.
type kubernetes struct {
	secret      corev1.Secret
	config      corev1.ConfigMap
	deployment  appsv1.Deployment
	services    []corev1.Service
	disruptions policyv1.PodDisruptionBudget
	network     networkingv1.NetworkPolicy
}

// readKubernetes reads manifests into the types of the API, which refuse
// fields that there are not, and values of another type.
func readKubernetes(t *testing.T, name string) (k kubernetes) {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		var kind metav1.TypeMeta
		require.NoError(t, yaml.Unmarshal([]byte(document), &kind))
		var into any
		switch kind.APIVersion + " " + kind.Kind {
		case "v1 Secret":
			into = &k.secret
		case "v1 ConfigMap":
			into = &k.config
		case "v1 Service":
			k.services = append(k.services, corev1.Service{})
			into = &k.services[len(k.services)-1]
		case "apps/v1 Deployment":
			into = &k.deployment
		case "policy/v1 PodDisruptionBudget":
			into = &k.disruptions
		case "networking.k8s.io/v1 NetworkPolicy":
			into = &k.network
		default:
			require.Fail(t, "an object of an unknown kind", "%+v", kind)
		}
		require.NoError(t, yaml.UnmarshalStrict([]byte(document), into), document)
	}
	return k
}

// TestKubernetesManifests checks the manifests against the types of the API,
// and that their parts belong together.
func TestKubernetesManifests(t *testing.T) {
	k := readKubernetes(t, "../../deploy/kubernetes/ostiary.yaml")
	pod := k.deployment.Spec.Template
	require.Len(t, pod.Spec.Containers, 1)
	container := pod.Spec.Containers[0]
	for what, selector := range map[string]map[string]string{
		"deployment": k.deployment.Spec.Selector.MatchLabels, "gate": k.services[0].Spec.Selector, "management": k.services[1].Spec.Selector,
		"disruptions": k.disruptions.Spec.Selector.MatchLabels, "network": k.network.Spec.PodSelector.MatchLabels,
	} {
		require.NotEmpty(t, selector, what)
		require.Subset(t, pod.Labels, selector, what)
	}
	require.GreaterOrEqual(t, *k.deployment.Spec.Replicas, int32(2))
	require.Less(t, k.disruptions.Spec.MinAvailable.IntVal, *k.deployment.Spec.Replicas, "a node can be drained")

	ports := map[string]int32{}
	for _, p := range container.Ports {
		ports[p.Name] = p.ContainerPort
	}
	require.Equal(t, map[string]int32{"management": 7171, "gate": 7172}, ports)
	for _, s := range k.services {
		for _, p := range s.Spec.Ports {
			require.Contains(t, ports, p.TargetPort.StrVal)
		}
	}
	for _, rule := range k.network.Spec.Ingress {
		for _, p := range rule.Ports {
			require.Contains(t, ports, p.Port.StrVal)
		}
	}
	for name, probe := range map[string]*corev1.Probe{"/healthz": container.LivenessProbe, "/readyz": container.ReadinessProbe} {
		require.Equal(t, name, probe.HTTPGet.Path)
		require.Contains(t, ports, probe.HTTPGet.Port.StrVal)
	}
	volumes := map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		volumes[v.Name] = true
		require.True(t, v.Secret == nil || v.Secret.SecretName == k.secret.Name)
		require.True(t, v.Secret == nil || *v.Secret.DefaultMode == 0o440)
		require.True(t, v.ConfigMap == nil || v.ConfigMap.Name == k.config.Name)
	}
	for _, c := range append(pod.Spec.InitContainers, container) {
		for _, m := range c.VolumeMounts {
			require.True(t, volumes[m.Name], m.Name)
		}
		require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
		require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
		require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
		require.NotNil(t, c.Resources.Limits.Memory())
	}
	require.True(t, *pod.Spec.SecurityContext.RunAsNonRoot)

	// The configuration is one that the server takes.
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "store"), []byte(k.secret.StringData["store"]), 0o600))
	content := strings.Replace(k.config.Data["ostiary.yaml"], "/run/ostiary/secret/store", filepath.Join(dir, "store"), 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ostiary.yaml"), []byte(content), 0o600))
	cfg, err := config.Load(config.Source{File: filepath.Join(dir, "ostiary.yaml")})
	require.NoError(t, err)
	require.NotNil(t, cfg.Postgres)
	require.Equal(t, fmt.Sprintf(":%d", ports["management"]), cfg.Listen)
	require.Equal(t, fmt.Sprintf(":%d", ports["gate"]), cfg.Gate.Listen)
}

// TestComposeFile reads the file as Compose does, with its schema.
func TestComposeFile(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"../../deploy/compose/compose.yaml"},
		cli.WithEnvFiles("../../deploy/compose/example.env"), cli.WithDotEnv, cli.WithConsistency(true), cli.WithResolvedPaths(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"gate1", "gate2", "grafana", "postgres", "volume"}, project.ServiceNames())
	require.Equal(t, "postgres://ostiary:change-me@postgres:5432/ostiary?sslmode=disable", project.Environment["OSTIARY_STORE_ADDRESS"])
	for name, s := range project.Services {
		for _, m := range s.Volumes {
			if m.Type == "bind" && filepath.Base(m.Source) != "dist" { // which is built
				_, err := os.Stat(m.Source)
				require.NoError(t, err, name)
			}
		}
		text, err := s.MarshalYAML()
		require.NoError(t, err)
		require.NotContains(t, fmt.Sprint(text), "change-me", "a password must not be in a variable: %s", name)
	}
}
