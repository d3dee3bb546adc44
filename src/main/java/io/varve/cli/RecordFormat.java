package io.varve.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** How a record is shown. */
@FunctionalInterface
interface RecordFormat {

    /** One record as it is written out, keys and values byte for byte; without a line's end of its own unless the format asks for one. */
    byte[] show(ConsumerRecord<byte[], byte[]> message);

    /** One JSON object a line; what is no UTF-8 text is in base64 under a name that ends in {@code _base64}. */
    static RecordFormat json() {
        return message -> {
            var shown = new LinkedHashMap<String, @Nullable Object>();
            shown.put("topic", message.topic());
            shown.put("partition", message.partition());
            shown.put("offset", message.offset());
            shown.put("timestamp", message.timestamp());
            shown.put("timestamp_type", message.timestampType().toString());
            put(shown, "key", message.key());
            put(shown, "value", message.value());
            List<Map<String, @Nullable Object>> headers = new ArrayList<>();
            for (Header header : message.headers()) {
                var one = new LinkedHashMap<String, @Nullable Object>();
                one.put("name", header.key());
                put(one, "value", header.value());
                headers.add(one);
            }
            shown.put("headers", headers);
            return bytes(Json.line(shown) + "\n");
        };
    }

    private static void put(Map<String, @Nullable Object> into, String name, byte @Nullable [] bytes) {
        if (bytes == null) {
            into.put(name, null);
            return;
        }
        try {
            into.put(
                    name,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException e) {
            into.put(name + "_base64", Base64.getEncoder().encodeToString(bytes));
        }
    }

    /**
     * A pattern: {@code %t} topic, {@code %p} partition, {@code %o} offset, {@code %T} timestamp in milliseconds, {@code %k} key,
     * {@code %v} value, {@code %h} headers, {@code %%} a percent sign, {@code \n}, {@code \t}.
     *
     * @param nullText shown for a key or value that is null
     * @throws CliException when there is another letter after a percent sign
     */
    static RecordFormat pattern(String pattern, String nullText) {
        String text = pattern.replace("\\n", "\n").replace("\\t", "\t");
        for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 2)) {
            if (i + 1 == text.length() || "tpoTkvh%".indexOf(text.charAt(i + 1)) < 0) {
                throw CliException.usage(
                        "--format: '" + text.substring(i) + "' does not start with %t %p %o %T %k %v %h or %%.");
            }
        }
        return message -> {
            var shown = new ByteArrayOutputStream();
            for (int i = 0; i < text.length(); i++) {
                int c = text.codePointAt(i);
                if (c == '%') {
                    shown.writeBytes(field(text.charAt(++i), message, bytes(nullText)));
                } else {
                    shown.writeBytes(bytes(Character.toString(c)));
                    i += Character.charCount(c) - 1;
                }
            }
            return shown.toByteArray();
        };
    }

    private static byte[] field(char name, ConsumerRecord<byte[], byte[]> message, byte[] nullText) {
        return switch (name) {
            case 't' -> bytes(message.topic());
            case 'p' -> bytes(Integer.toString(message.partition()));
            case 'o' -> bytes(Long.toString(message.offset()));
            case 'T' -> bytes(Long.toString(message.timestamp()));
            case 'k' -> message.key() == null ? nullText : message.key();
            case 'v' -> message.value() == null ? nullText : message.value();
            case 'h' -> headers(message, nullText);
            default -> bytes("%");
        };
    }

    private static byte[] headers(ConsumerRecord<byte[], byte[]> message, byte[] nullText) {
        var shown = new ByteArrayOutputStream();
        for (Header header : message.headers()) {
            shown.writeBytes(bytes((shown.size() == 0 ? "" : ",") + header.key() + "="));
            shown.writeBytes(header.value() == null ? nullText : header.value());
        }
        return shown.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
