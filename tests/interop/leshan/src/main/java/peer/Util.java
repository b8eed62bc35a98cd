// SPDX-License-Identifier: Apache-2.0
package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.util.Hex;

import com.fasterxml.jackson.databind.ObjectMapper;

/** What the two M18 peers share: JSON lines, key files, object models, command line options. */
final class Util {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Prints one JSON object from key, value, key, value, ...; null values are left out. */
    static void emit(Object... keysAndValues) {
        try {
            String line = JSON.writeValueAsString(map(keysAndValues));
            synchronized (System.out) {
                System.out.println(line);
                System.out.flush();
            }
        } catch (Exception e) {
            e.printStackTrace();
        }
    }

    static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2)
            if (keysAndValues[i + 1] != null)
                m.put((String) keysAndValues[i], keysAndValues[i + 1]);
        return m;
    }

    /** Object -> {iid: {rid: value}}; opaque values become hex. */
    static Object toJson(Object node) {
        Map<String, Object> m = new LinkedHashMap<>();
        if (node instanceof LwM2mObject o)
            o.getInstances().forEach((k, v) -> m.put("" + k, toJson(v)));
        else if (node instanceof LwM2mObjectInstance i)
            i.getResources().forEach((k, v) -> m.put("" + k, toJson(v)));
        else if (node instanceof LwM2mResource r && r.isMultiInstances())
            r.getInstances().forEach((k, v) -> m.put("" + k, toJson(v)));
        else
            return scalar(node instanceof LwM2mResource r ? r.getValue()
                    : node instanceof LwM2mResourceInstance ri ? ri.getValue() : node);
        return m;
    }

    private static Object scalar(Object v) {
        if (v instanceof byte[] b)
            return Hex.encodeHexString(b);
        return v instanceof Number || v instanceof Boolean || v == null ? v : v.toString();
    }

    static Map<String, Object> toJson(Map<?, ? extends LwM2mNode> nodes) {
        Map<String, Object> m = new LinkedHashMap<>();
        nodes.forEach((k, v) -> m.put(k.toString(), v == null ? null : toJson(v)));
        return m;
    }

    /** The models in Leshan's core jar, 3303 (which is only in the demos) and, if given, a folder of DDF files. */
    static List<ObjectModel> models(String folder) {
        List<ObjectModel> all = new ArrayList<>(ObjectLoader.loadAllDefault());
        for (String version : new String[] { "1.0", "1.1" })
            all.add(new ObjectModel(3303, "Temperature", "", version, true, false,
                    resource(5700, Operations.R, Type.FLOAT), resource(5701, Operations.R, Type.STRING),
                    resource(5601, Operations.R, Type.FLOAT), resource(5602, Operations.R, Type.FLOAT),
                    resource(5605, Operations.E, Type.NONE), resource(5750, Operations.RW, Type.STRING)));
        if (folder != null)
            all.addAll(ObjectLoader.loadObjectsFromDir(Path.of(folder).toFile()));
        return all;
    }

    private static ResourceModel resource(int id, Operations ops, Type type) {
        return new ResourceModel(id, "r" + id, ops, false, id == 5700, type, "", "", "");
    }

    static byte[] file(String name) throws Exception {
        return Files.readAllBytes(Path.of(name));
    }

    static X509Certificate cert(String name) throws Exception {
        try (var in = Files.newInputStream(Path.of(name))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    static PublicKey publicKey(String name) throws Exception {
        return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(file(name)));
    }

    static PrivateKey privateKey(String name) throws Exception {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(file(name)));
    }

    /** "--name a b --flag" -> {"--name": [a, b], "--flag": []} */
    static Map<String, List<String>> options(String[] args) {
        Map<String, List<String>> m = new LinkedHashMap<>();
        List<String> values = new ArrayList<>();
        for (String a : args)
            if (a.startsWith("-"))
                m.put(a, values = new ArrayList<>());
            else
                values.add(a);
        return m;
    }

    /** The first value of an option, or a default. */
    static String one(Map<String, List<String>> options, String name, String otherwise) {
        List<String> v = options.get(name);
        return v == null || v.isEmpty() ? otherwise : v.get(0);
    }
}
