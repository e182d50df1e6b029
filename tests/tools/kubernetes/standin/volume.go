package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/volume/util"
)

type payload = map[string]util.FileProjection

// volume brings the Pod's volume up to date; the first call makes it.
func (p *pod) volume(ctx context.Context, volume *v1.Volume) error {
	dir := filepath.Join(p.dir, "volumes", volume.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, err := p.files(ctx, &volume.VolumeSource)
	if err != nil {
		return fmt.Errorf("volume %s: %w", volume.Name, err)
	}
	if files == nil { // emptyDir
		return os.Chmod(dir, 0o777)
	}
	writer, err := util.NewAtomicWriter(dir, p.name)
	if err != nil {
		return err
	}
	return writer.Write(files, func(sub string) error { return p.own(filepath.Join(dir, sub)) })
}

// own gives a folder to the Pod's fsGroup, as the kubelet does.
func (p *pod) own(dir string) error {
	group := p.object.Spec.SecurityContext.FSGroup
	if group == nil {
		return nil
	}
	return filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.Mode()&os.ModeSymlink != 0 {
			return err
		}
		if err := os.Lchown(path, -1, int(*group)); err != nil && !os.IsPermission(err) {
			return err
		}
		mode := info.Mode().Perm() | 0o440
		if info.IsDir() {
			mode |= 0o110
		}
		return os.Chmod(path, mode)
	})
}

func (p *pod) files(ctx context.Context, source *v1.VolumeSource) (payload, error) {
	switch {
	case source.EmptyDir != nil:
		return nil, nil
	case source.Secret != nil:
		return p.secret(ctx, source.Secret.SecretName, source.Secret.Items, *source.Secret.DefaultMode, isTrue(source.Secret.Optional))
	case source.ConfigMap != nil:
		return p.configMap(ctx, source.ConfigMap.Name, source.ConfigMap.Items, *source.ConfigMap.DefaultMode, isTrue(source.ConfigMap.Optional))
	case source.Projected != nil:
		all := payload{}
		for _, part := range source.Projected.Sources {
			var files payload
			var err error
			switch {
			case part.Secret != nil:
				files, err = p.secret(ctx, part.Secret.Name, part.Secret.Items, *source.Projected.DefaultMode, isTrue(part.Secret.Optional))
			case part.ConfigMap != nil:
				files, err = p.configMap(ctx, part.ConfigMap.Name, part.ConfigMap.Items, *source.Projected.DefaultMode, isTrue(part.ConfigMap.Optional))
			default:
				err = fmt.Errorf("the stand-in does not know this projected source")
			}
			if err != nil {
				return nil, err
			}
			for name, file := range files {
				all[name] = file
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("the stand-in does not know this kind of volume")
}

func isTrue(b *bool) bool { return b != nil && *b }

func (p *pod) secret(ctx context.Context, name string, items []v1.KeyToPath, mode int32, optional bool) (payload, error) {
	secret, err := p.in.client.CoreV1().Secrets(p.namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		if optional {
			return payload{}, nil
		}
		return nil, err
	}
	return chosen(secret.Data, items, mode)
}

func (p *pod) configMap(ctx context.Context, name string, items []v1.KeyToPath, mode int32, optional bool) (payload, error) {
	config, err := p.in.client.CoreV1().ConfigMaps(p.namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		if optional {
			return payload{}, nil
		}
		return nil, err
	}
	data := map[string][]byte{}
	for key, text := range config.Data {
		data[key] = []byte(text)
	}
	for key, bytes := range config.BinaryData {
		data[key] = bytes
	}
	return chosen(data, items, mode)
}

func chosen(data map[string][]byte, items []v1.KeyToPath, mode int32) (payload, error) {
	files := payload{}
	if len(items) == 0 {
		for key, bytes := range data {
			files[key] = util.FileProjection{Data: bytes, Mode: mode}
		}
		return files, nil
	}
	for _, item := range items {
		bytes, found := data[item.Key]
		if !found {
			return nil, fmt.Errorf("references non-existent key: %s", item.Key)
		}
		file := util.FileProjection{Data: bytes, Mode: mode}
		if item.Mode != nil {
			file.Mode = *item.Mode
		}
		files[item.Path] = file
	}
	return files, nil
}
