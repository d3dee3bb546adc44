package io.varve.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Loads everything of Varve once more, changed as a {@link Mutant} says. */
final class MutantLoader extends ClassLoader {
    private static final String OURS = "io.varve.";

    private final Mutant mutant;
    private final Set<Mutant.Change> made = new HashSet<>();

    MutantLoader(Mutant mutant) {
        super("mutant", MutantLoader.class.getClassLoader());
        this.mutant = mutant;
    }

    /** Runs a seed with the mutant; says what was found, or null when nothing was. */
    @Nullable
    String run(long seed, int faults) {
        try {
            Method run = loadClass(Simulate.class.getName()).getDeclaredMethod("violation", long.class, int.class);
            // The same class, and to the JVM another one.
            run.setAccessible(true);
            String found = (String) run.invoke(null, seed, faults);
            if (made.size() < mutant.edits().size()) {
                throw new AssertionError("nothing uses what is changed: " + mutant);
            }
            return found;
        } catch (ReflectiveOperationException e) {
            throw e instanceof InvocationTargetException target && target.getCause() instanceof Error error
                    ? error
                    : new LinkageError("cannot run " + mutant, e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            for (Mutant.Edit edit : mutant.edits()) {
                if (name.equals(OURS + edit.type())) {
                    bytes = change(bytes, edit.change());
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private byte[] change(byte[] original, Mutant.Change change) {
        ClassFile files = ClassFile.of();
        ClassTransform transform = switch (change) {
            case Mutant.Change.Nothing(String method) -> replacing(change, method, (code, _) -> code.return_());
            case Mutant.Change.Answer(String method, Object value) ->
                replacing(change, method, (code, type) -> answer(code, type, value));
            case Mutant.Change.Echo(String method, int argument) ->
                replacing(change, method, (code, _) -> code.aload(argument).areturn());
            case Mutant.Change.Null(String method) ->
                replacing(change, method, (code, _) -> code.aconst_null().areturn());
            case Mutant.Change.Skip(String called) -> ClassTransform.transformingMethodBodies(skipping(change, called));
        };
        return files.transformClass(files.parse(original), transform);
    }

    private interface Body {
        void write(CodeBuilder code, MethodTypeDesc type);
    }

    private ClassTransform replacing(Mutant.Change change, String method, Body body) {
        return (builder, element) -> {
            if (element instanceof MethodModel model
                    && model.methodName().equalsString(method)
                    && model.code().isPresent()) {
                made.add(change);
                builder.withMethodBody(
                        model.methodName(),
                        model.methodType(),
                        model.flags().flagsMask(),
                        code -> body.write(code, model.methodTypeSymbol()));
            } else {
                builder.with(element);
            }
        };
    }

    private static void answer(CodeBuilder code, MethodTypeDesc type, Object value) {
        switch (value) {
            case Boolean truth -> code.loadConstant(truth ? 1 : 0);
            case Integer number -> code.loadConstant(number);
            case Long number -> code.loadConstant(number);
            default -> throw new IllegalArgumentException("no such answer: " + value);
        }
        code.return_(TypeKind.from(type.returnType()));
    }

    private CodeTransform skipping(Mutant.Change change, String called) {
        return (code, element) -> {
            if (element instanceof InvokeInstruction call && call.name().equalsString(called)) {
                made.add(change);
                List<ClassDesc> parameters = call.typeSymbol().parameterList();
                for (ClassDesc parameter : parameters.reversed()) {
                    pop(code, parameter);
                }
                if (call.opcode() != java.lang.classfile.Opcode.INVOKESTATIC) {
                    code.pop();
                }
                if (!call.typeSymbol().returnType().equals(ConstantDescs.CD_void)) {
                    code.aconst_null();
                }
            } else {
                code.with(element);
            }
        };
    }

    private static void pop(CodeBuilder code, ClassDesc type) {
        if (TypeKind.from(type).slotSize() == 2) {
            code.pop2();
        } else {
            code.pop();
        }
    }
}
