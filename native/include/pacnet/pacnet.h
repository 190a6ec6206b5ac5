// The public C++ API of the PAC-Net core, and the one header that the Java binding is generated from.
//
// It includes no LibTorch header on purpose: users of the library, and the JNI build, need none. Everything
// is flat: plain numbers, raw row-major float buffers owned by the caller, and one class with hidden insides.
//
// Errors: a function that can fail throws a std::exception whose what() is one clear sentence, and leaves the
// kind of failure in last_error_kind() for the calling thread.
#pragma once

#include <cstdint>

#if defined(_WIN32)
#define PACNET_API
#else
#define PACNET_API __attribute__((visibility("default")))
#endif

namespace pacnet {

/// Raised by one whenever this header changes in a way that an older binding cannot call.
constexpr int kAbiVersion = 16;

/// The kAbiVersion that the loaded library was compiled with; a binding compares it with its own.
PACNET_API int abi_version() noexcept;

/// What went wrong in the last call on this thread; kErrorNone if it threw nothing.
enum ErrorKind : int {
  kErrorNone = 0,
  kErrorInvalidArgument = 1,  ///< an argument is out of range, or data and network do not fit together
  kErrorDiverged = 2,         ///< the loss or a parameter is no longer finite
  kErrorGuarantee = 3,        ///< a value that a phase must not move has moved
  kErrorOutOfMemory = 4,
  kErrorInternal = 5,  ///< anything else, an error inside LibTorch among them
  kErrorRows = 6,  ///< a BatchSource had no rows to give, for a reason of its own
  kErrorDevice = 7  ///< there is no GPU that this build can use, or it failed
};
PACNET_API int last_error_kind() noexcept;

/// "2.13.0": the LibTorch that this library was compiled against.
PACNET_API const char* libtorch_version() noexcept;
/// The BLAS that LibTorch calls, and what it says of itself; valid until the next call on the same thread.
PACNET_API const char* blas_description();
/// The threads that the BLAS uses for one product. This library does its own threading and pins this to one at
/// load and before every phase: a BLAS pool beside it makes a small training step twenty times slower. OpenBLAS has
/// one setting for the whole process, so other users of the same OpenBLAS get one thread too; MKL's is this thread's.
/// -1 where the BLAS offers no way to ask.
PACNET_API int blas_threads();
PACNET_API void pin_blas_threads();
/// The instruction set of the core's own loops: "SSE2", "AVX2" or "AVX512", and where the environment variable PACNET_MAX_ISA (sse2, avx2,
/// avx512) takes less than the processor has, that too. The first call of this or of a Network's constructor hands such a cap on to
/// LibTorch. The words are valid until the next call on the same thread. Throws kErrorInvalidArgument for another value.
PACNET_API const char* cpu_capability();
/// Whether there is an NVIDIA GPU that this build can use, and which; or why not and what to do. The words are valid until
/// the next call on the same thread.
PACNET_API bool gpu_usable();
PACNET_API const char* gpu_status();

enum Activation : int { kRelu = 0, kTanh = 1, kSigmoid = 2, kGelu = 3, kSilu = 4 };
enum Loss : int { kMse = 0, kMae = 1, kHuber = 2, kCrossEntropy = 3 };
enum Optimizer : int { kAdam = 0, kAdamW = 1, kSgd = 2 };
enum Schedule : int { kConstant = 0, kCosine = 1, kLinear = 2 };

/// Among which weights Prune keeps the largest; docs/methods.md has the rules.
enum PruningRule : int {
  kPruneGlobal = 0,    ///< over all tensors together, but of each at least half the overall kept share
  kPrunePerLayer = 1,  ///< in each tensor by itself
  kPrunePlain = 2,     ///< over all tensors together, as in the paper: a small layer can lose every weight
  kPruneRandom = 3     ///< whichever the seed says, over all tensors together: what magnitude is good for
};

/// What a tensor is for; a sum of these.
enum TensorRole : int {
  kRolePrunable = 1,       ///< a matrix or kernel, of which Prune may zero elements
  kRoleHead = 2,           ///< of the output layer, which a target with an output space of its own replaces
  kRoleNormalisation = 4,  ///< scale or shift of a normalisation layer
  kRoleStatistics = 8      ///< running mean or variance of one, or what follows others: moved by training passes, never by the optimizer
};

enum DeviceKind : int { kCpu = 0, kCuda = 1 };
/// Of the products on a GPU; parameters, moments and the step are float32 in every one.
enum Precision : int {
  kFloat32 = 0,
  kTensorFloat32 = 1,  ///< inputs rounded to 10 bits of fraction, sums in float32
  kBfloat16 = 2        ///< LibTorch's autocast: inputs and activations with 7 bits of fraction
};

/// How a fit goes. Defaults are those of the PAC-Net paper where it names one.
struct PACNET_API FitOptions {
  int loss = kMse;
  double huber_delta = 1.0;
  /// Whether rows of y end with what the row counts: zero or positive, with mean 1 over all rows for rates and strengths to mean what they
  /// do without. A loss is then the mean over rows of weight * loss. Not with a "pinn".
  bool weighted = false;

  int optimizer = kAdam;
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double momentum = 0.9;      ///< SGD only
  double weight_decay = 0.0;  ///< AdamW only; decoupled, applied to trainable positions only
  int schedule = kConstant;   ///< cosine and linear fall to zero over the phase's steps

  int64_t epochs = 1;
  int64_t batch_size = 128;
  bool shuffle = true;  ///< false: batches are consecutive rows, in the same order every epoch
  /// Rows are ordered from easy to hard. Epoch e of E has as many as any, of the first of them alone: a share of (c^p + (1 - c^p) (e - 1) / E)^(1/p)
  /// with c = 0.33 and p = 10 (root-p pacing: Platanios et al. 2019, eq. 8; the numbers are those of Wang et al. 2022, arXiv:2112.02268).
  bool curriculum = false;
  uint64_t seed = 0;

  /// Share of the rows held out, [0, 1). With a share, the weights of the epoch with the lowest validation loss
  /// are the result.
  double validation_share = 0.0;
  /// Stop after this many epochs without a lower validation loss; 0: never.
  int64_t patience = 0;

  /// Threads for one step, at least 1. Small steps use fewer, and no step more than the BLAS can serve.
  int threads = 1;

  /// kCuda: on the current GPU; without gates and adapters, and an ode by RK4.
  int device = kCpu;
  int precision = kFloat32;
};

struct PACNET_API FitResult {
  int64_t epochs_run = 0;
  int64_t best_epoch = 0;  ///< 1-based epoch whose weights are the result; epochs_run without validation
  bool cancelled = false;  ///< the listener asked to stop; the weights are those of before the fit
};

/// Told of every finished epoch, on the thread that called fit().
class PACNET_API FitListener {
 public:
  FitListener() = default;
  FitListener(const FitListener&) = delete;
  FitListener& operator=(const FitListener&) = delete;
  virtual ~FitListener() = default;
  /// Losses are means over rows, without the L2 term; validation_loss is NaN without validation rows.
  /// Returns false to cancel the fit.
  virtual bool on_epoch(int64_t epoch, double train_loss, double validation_loss) = 0;
};

/// Rows that need not be in one array: pulled batch by batch, on the thread that called fit().
class PACNET_API BatchSource {
 public:
  BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  virtual ~BatchSource() = default;
  /// next() will be asked for the rows order[0], ... order[count - 1], `batch` at a time and the rest at last.
  /// epoch: from 1; 0 for rows that are to come as they are, without what is random in training.
  /// Returns false if that can't be: the fit then ends with kErrorRows.
  virtual bool begin(int64_t epoch, const int32_t* order, int64_t count, int64_t batch) = 0;
  /// Writes the next batch: x [rows, inputs], y as fit() has it. False as above.
  virtual bool next(int64_t rows, float* x, float* y) = 0;
};

/// How many parameters a network of that description (see Network) has; large ones cost nothing.
PACNET_API int64_t parameter_count_of(const char* description);

/// A network of the user's own, in the form that PyTorch's torch.jit.save writes: a scripted or traced module. Its forward takes one tensor, a
/// batch, and gives one, [rows, outputs]; further arguments have defaults. Its parameters are a Network's tensors by their names, those of
/// rank 2 or more prunable, as are running means and variances that follow the phase (a batch of one row is normalised by the running ones);
/// those that it shares between places stay shared. All other tensors stay as they are, and it is an error if a pass writes to them.
/// Double and half weights become float.
///
/// TorchScript is code. It is refused unless every operator that a pass can come to is LibTorch's own and works on tensors alone: none that
/// reads a file or the network, none in C++ of others, nothing that runs as it is loaded.
///
/// May be used by any number of networks and threads.
class PACNET_API ScriptModule {
 public:
  /// archive: what a file of torch.jit.save holds. Throws kErrorInvalidArgument, saying why, if that can't be taken.
  ScriptModule(const uint8_t* archive, int64_t bytes);
  ~ScriptModule();
  ScriptModule(const ScriptModule&) = delete;
  ScriptModule& operator=(const ScriptModule&) = delete;

  /// Of its parameters and statistics.
  int64_t parameter_count() const;
  /// False of an archive from get_code().
  bool has_weights() const;
  /// What was changed as it was read, in words; empty: nothing. Valid as long as this is.
  const char* notes() const;
  /// The archive without the weights: the module's code, for whoever keeps them elsewhere.
  int64_t code_size() const;
  void get_code(uint8_t* out, int64_t bytes) const;

 private:
  friend class Network;
  struct Impl;
  Impl* impl_;
};

class Network;

/// Which positions of a network a fit may move, and where it pulls them: all of them, and nowhere, unless told otherwise.
class PACNET_API FitScope {
 public:
  explicit FitScope(const Network& network);
  ~FitScope();
  FitScope(const FitScope&) = delete;
  FitScope& operator=(const FitScope&) = delete;

  /// One bit an element, as in Network::get_mask: 1 may move. A normalisation layer whose statistics may not move uses
  /// them, as PyTorch's does in evaluation mode; they move or stay as a whole.
  void set_trainable(int64_t tensor, const uint8_t* bits, int64_t bytes);
  /// Adds l2 * sum (w_i - a_i)^2 over the tensor's trainable positions to the loss: gradient 2 * l2 * (w_i - a_i).
  void set_pull(int64_t tensor, double l2);
  /// The a_i, of all parameters: zero unless given.
  void set_anchor(const float* values, int64_t count);
  /// What may not move must be +0.0, before the fit and after.
  void require_frozen_zero();

  /// A factor h_i >= 0 for each parameter: the pull is then l2 * sum h_i (w_i - a_i)^2.
  void set_precision(const float* values, int64_t count);
  /// Takes (sum v_i (w_i - a_i))^2 off the pull, i over the trainable positions, for one more v of all parameters. The sum
  /// of all must leave the pull positive: see docs/methods.md, prior.
  void add_low_rank(const float* values, int64_t count);
  /// Adds the sum over the channels c of layer `layer` (see Network::tensor_layer), and over the pixels, of weights[c] *
  /// (f_c - f_c')^2, as the mean over the batch's rows: f are the layer's features, f' those by the anchor's weights.
  void set_feature_pull(int64_t layer, const float* weights, int64_t channels);
  /// Adds strength times the sum of squares of the `count` smallest singular values of the head's input over a batch,
  /// divided by the batch's rows. Such a fit uses one thread.
  void set_spectral_penalty(double strength, int64_t count);
  /// With cross-entropy, the outputs from `first` to the last are those of the source. Adds strength times their
  /// cross-entropy with soft labels at that temperature, both as softmax(o / temperature): row y of a table [labels, count]
  /// for the label y, labels being `first`, or with first = 0 all outputs, or without a table what the anchor's weights give. first is 0 where the label is one of the same
  /// outputs; otherwise the label is one of the outputs before `first`.
  void set_soft_labels(int64_t first, double temperature, double strength, const float* table, int64_t count);
  /// In training each channel of a normalisation layer whose statistics move is normalised by the running statistics with
  /// this chance, drawn anew in each step, and otherwise by the batch's.
  void set_stochastic_normalisation(double chance);
  /// A gate for each layer: tensors that are flagged are their start plus what they learnt as long as the layer's gate is
  /// above the threshold, and their start, bit for bit, while it is not. Gates begin at `start`, are trained with the
  /// rest, and after some epochs add strength * sum |gate| to the loss.
  void set_gates(const bool* gated, int64_t count, double threshold, double start, double strength, int64_t free_epochs);
  /// A policy of which layers learn: a logit for each layer, from 0, where flagged tensors are their start plus what they learnt if it is
  /// above 0, and their start, bit for bit, if not (SWR, Kim et al. 2023). Logits are trained with the rest, by the gradient of the sigmoid of
  /// logit / temperature, and charged with strength * |share - budget|, share being what of all parameters is expected to learn; with `drawn`
  /// a step's layers are drawn by Gumbel's noise. After half of the steps the layers of the highest logits above 0 that are within the budget,
  /// one at least where one is, learn alone.
  void set_policy(const bool* gated, int64_t count, double budget, double strength, double temperature, bool drawn);
  /// The weights of a matrix or kernel W, seen as [its first dimension, the rest], are their start plus scale * B A, of which only B [first
  /// dimension, rank], from zero, and A [rank, the rest], from what is given, are trained (LoRA, Hu et al. 2022). Nothing else pulls W, and
  /// all of it may move; where a policy decides about it, some of it may, and its factors are what counts of the budget. With kCpu only, and
  /// without gates that are no policy's.
  void set_adapter(int64_t tensor, int64_t rank, double scale, const float* a, int64_t count);

 private:
  friend class Network;
  struct Impl;
  Impl* impl_;
};

/// A network with its parameters and, once pruned, its mask.
///
/// Buffers come with their lengths, in elements; a length that does not fit is kErrorInvalidArgument before anything is
/// read or written.
///
/// Parameters are float tensors by the names of the same module in PyTorch, running statistics among them. Buffers of
/// parameters are the tensors one behind the other, row-major, without gaps.
///
/// One thread at a time.
class PACNET_API Network {
 public:
  /// What it is in one line, a kind and its settings:
  ///
  /// "mlp sizes=10,64,64,1 activation=relu dropout=0.1": a multilayer perceptron, y = W_L a_{L-1} + b_L, a_l =
  /// dropout(activation(W_l a_{l-1} + b_l)), a_0 = x. activation: relu, tanh, sigmoid, gelu or silu (default relu);
  /// dropout in [0, 1) (default 0). Tensors "layers.I.weight" [out, in] and "layers.I.bias" [out], I being the index in
  /// torch.nn.Sequential, which counts activations and dropouts.
  ///
  /// "cnn image=3,32,32 outputs=5 widths=16,32,64": images of CHANNELS,HEIGHT,WIDTH, channel by channel in a row; for
  /// each width a block of convolution 3x3, BatchNorm, ReLU and max-pooling 2x2; the mean over the image; a linear layer.
  ///
  /// "resnet18 image=3,64,64 outputs=10 base=64": ResNet-18 with torchvision's names; base: channels of its first stage.
  /// Images of up to 40 pixels enter by a convolution 3x3 without max-pooling.
  ///
  /// "ode states=2 actions=0 steps=20 time=0 hidden=64,64 activation=tanh substeps=1": a neural ordinary differential equation dz/dt
  /// = f(z), or with time=1 f(z, t), with actions u f(z, u) or f(z, t, u), f a perceptron with the tensors of "mlp". A row that goes in is a first
  /// state, its time, the distances between the `steps` times that follow, and for each of these the actions that last until then,
  /// [states + 1 + steps + steps * actions]; one that comes out is the states at those times, [steps * states]. RK4, `substeps` steps from one time to the next; tolerance=1e-4 takes
  /// Dormand-Prince 5(4) instead, with as many steps as the rows that one thread has at once need. implicit=1 takes Kvaerno's
  /// implicit method of order 3 in the place of either, for stiff equations.
  ///
  /// "latent states=5 labels=6 actions=1 steps=5 latent=32 hidden=64,64 activation=silu discount=0.9 consistency=1 follow=0.005": latent dynamics
  /// (Zhao et al. 2023, arXiv 2306.09466) of three perceptrons: z = encoder(s); z = z + step(z, h, u) over a time h with actions u; head(z) are the
  /// labels, of which the first are the state. A row that goes in is one of "ode", one that comes out [steps * labels]. The loss is that of the labels
  /// (squared errors) plus consistency times 1 - cos(z, follower(s)), s the state that there was; step k counts discount^k, all together as many as
  /// they are. The follower goes `follow` of the way to the encoder in each training step, and is no weight but a statistic: where it may not move
  /// it stays. The loss that is told is the labels'.
  ///
  /// "pinn equation=burgers hidden=64,64,64,64 columns=0,1,2,3 weight=1": u(x, t), a tanh perceptron, x in [-1, 1], t in
  /// [0, 1], of a partial differential equation: heat u_t = c u_xx, burgers u_t + u u_x = c u_xx, allen-cahn u_t = c u_xx +
  /// 5 (u - u^3), wave u_tt = c^2 u_xx, or one that is written out, as "u_t+u*u_x=c*u_xx" (nn/residual.h), without blanks. A row that goes in has x, t, c and what is asked of it, at these columns; what comes
  /// out is that: 0 the equation's left side less its right side, 1 u, 2 u_t. Squared errors of the last two count `weight`.
  ///
  /// "hub members=3 top=2 explore=0.1 noise=1 of mlp ...": several networks of what is behind "of", tensors "members.K.*", and a router with
  /// "router.weight" [members, inputs] and "router.bias" [members] (Hub-Pathway, Shu et al. 2022). What comes out of a row x are the members'
  /// outputs, weighed by softmax(10 (router x + bias)) over the `top` largest and what equals them (default: all). A fit is charged for
  /// explore * sum m log m, m the weights' means over a batch, and for each member's own loss, of each row as much as its weight there; where not
  /// all have one, noise times normal numbers are added before the largest
  /// are looked for, and the gradient is that of the softmax over all (straight through).
  ///
  /// "taught teachers=3 strength=1 least=0.1 of mlp ...": a network "student.*" that a fit has follow others of its kind (after Vid2Act, Pan et al.
  /// 2023). A row that goes in is the student's, and what each teacher's head is given of it, z_k; what comes out is the student's. A fit is
  /// charged for strength times the mean over rows of sum_k max(least, w_k) * the mean over features of (projection z_k - z)^2, z what the
  /// student's head is given, w = softmax_k(relevance_k . (z_k, z) + bias_k); "projection.weight" [features, features], "relevance.weight"
  /// [teachers, 2 features], "relevance.bias" [teachers].
  ///
  /// Both on the CPU only, their members without dropout.
  explicit Network(const char* description);
  /// "torchscript inputs=10 outputs=1 head=fc": the module, a row that goes in being so many numbers, or with image=3,64,64 in their place
  /// an image. head: the name of its output layer, which then has so many outputs whatever it had; without one the module's last
  /// matrix, where it gives them. On the CPU only; without what asks for features of its layers.
  Network(const char* description, const ScriptModule& module);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  int64_t tensor_count() const;
  const char* tensor_name(int64_t tensor) const;
  int64_t tensor_rank(int64_t tensor) const;
  int64_t tensor_dim(int64_t tensor, int64_t dim) const;
  /// A sum of TensorRole.
  int tensor_roles(int64_t tensor) const;
  /// The layer (of an image network: the block) that it belongs to, counted from the input side; the head is the last.
  int64_t tensor_layer(int64_t tensor) const;
  int64_t parameter_count() const;
  /// Floats of a row that goes in, and of one that comes out.
  int64_t inputs() const;
  int64_t outputs() const;

  /// Draws every parameter from the distribution that PyTorch's module of the same network draws from; of a ScriptModule from those of
  /// linear layers, convolutions and normalisations, whatever its own are.
  void initialize(uint64_t seed);
  /// The same for the tensors of the head alone.
  void initialize_head(uint64_t seed);
  /// Takes the weights that a module came with; those of a head with other outputs are drawn.
  void take_weights(uint64_t seed);
  void get_parameters(float* out, int64_t count) const;
  void set_parameters(const float* in, int64_t count);

  /// What the head is given of each row, out: [rows, feature_count()]. Throws kErrorInvalidArgument for networks that do not show it: those of
  /// differential equations, and modules.
  int64_t feature_count() const;
  void features(const float* x, int64_t x_count, int64_t rows, float* out, int64_t out_count, int threads) const;

  /// The diagonal of the Fisher information at the present weights, out: of all parameters. With classes, the mean over rows of the sum over labels
  /// y of p(y | x) (d log p(y | x) / dw)^2; without, of the sum over outputs f of (df / dw)^2. Zero for running statistics.
  void fisher(const float* x, int64_t x_count, int64_t rows, bool classes, float* out, int64_t out_count, int threads) const;

  /// Writes the network with its weights as PyTorch's torch.jit.save does, for whoever loads that: forward takes a batch, [rows, inputs], or of
  /// images [rows, channels, height, width], of any type of number, less shift and over scale (one of each a column, or a channel), and gives
  /// [rows, outputs] times unit plus offset (one of each an output), or with outputs = 0 the classes' probabilities. metadata: a text that the
  /// archive keeps as metadata.json. Throws kErrorInvalidArgument for networks of differential equations.
  void save_script(const char* file, const float* shift, const float* scale, int64_t inputs, const float* unit, const float* offset,
                   int64_t outputs, const char* metadata) const;

  /// Keeps the K = round((1 - ratio) * n) weights of largest magnitude of the n in the prunable tensors, ties broken
  /// by lowest index, and sets the others to +0.0. Replaces the mask.
  /// ratio in (0, 1); rule: a PruningRule; seed: of kPruneRandom; prunable: one flag a tensor, true only for those of
  /// kRolePrunable; threads: at most; device: a Device. The mask depends on neither. Returns how many are kept.
  int64_t prune(double ratio, int rule, uint64_t seed, const bool* prunable, int64_t count, int threads, int device = kCpu);

  /// The mask of one tensor, one bit an element in row-major order, least significant bit first, (n + 7) / 8 bytes,
  /// unused bits 0. 1 is kept. Tensors that prune() did not cover read as all kept.
  void get_mask(int64_t tensor, uint8_t* out, int64_t bytes) const;
  int64_t kept_count(int64_t tensor) const;

  /// Runs a whole phase with a new optimizer state, then checks bit for bit that what may not move did not, and throws if
  /// it did. x: [rows, inputs]; y: [rows, outputs], or [rows] class indices for cross-entropy, with a column more where
  /// FitOptions::weighted says so. Neither is copied or changed. listener may be null. On any failure, and when cancelled, the parameters are those of before.
  FitResult fit(const FitOptions& options, const FitScope& scope, const float* x, int64_t x_count, const float* y,
                int64_t y_count, int64_t rows, FitListener* listener);

  /// The same with `rows` rows that are pulled.
  FitResult fit(const FitOptions& options, const FitScope& scope, BatchSource* source, int64_t rows,
                FitListener* listener);

  /// Fits a copy of this network for each target to its own rows, with the shuffles of the same seed: on a GPU all at once, on the CPU one
  /// after another. What a target learns depends on no other. x and y: the targets' rows one behind the other, row_counts[t] of target t. A
  /// perceptron without dropout, in float32, with no rows held out and with no other terms than set_pull() and set_anchor().
  /// params: [targets, parameter_count()], what each learnt; losses: [targets, epochs], means over a target's rows; diverged: [targets], the
  /// epoch whose loss was not finite, 0 for none: such a target has the parameters that it began with. The listener is told of the epochs of
  /// as many targets as are learnt at once, one such group behind the other, and of their mean loss; if it asks to stop, nothing in params
  /// counts.
  FitResult fit_many(const FitOptions& options, const FitScope& scope, const float* x, int64_t x_count, const float* y,
                     int64_t y_count, const int64_t* row_counts, int64_t targets, float* params, int64_t param_count,
                     double* losses, int64_t loss_count, int64_t* diverged, int64_t diverged_count, FitListener* listener) const;

  /// out: [rows, outputs], the network's raw output (logits for classification). threads as in FitOptions.
  void predict(const float* x, int64_t x_count, int64_t rows, float* out, int64_t out_count, int threads) const;

 private:
  friend class FitScope;
  struct Impl;
  Impl* impl_;
};

/// Gaussian process regression: k(a, b) = signal * exp(-1/2 sum_j ((a_j - b_j) / length_j)^2), and noise on the diagonal;
/// y less its mean, in units of its deviation. Exact: time grows with the cube of the rows, memory with their square.
///
/// A kernel is inputs + 2 numbers, logarithms of the lengths, of signal and of noise, in units of y's variance.
///
/// With a source's outputs o it is co-kriging (after Kennedy and O'Hagan 2000): y is what o is off by and has mean zero, and three terms
/// come to k, constant + scale * o(a).o(b) + slope * a.b / inputs, whose logarithms are the kernel's last three numbers. Each logarithm is
/// normal before there are rows, so that few rows say little: lengths 0.7 + log(inputs) / 2 with deviation 1; with deviation 1.5 signal
/// -1.5, noise -2.5, constant -2, scale -3, slope -3.5, for inputs, o and y in units of the source's deviations.
///
/// Where rows belong together (of one batch, one patient) those of a group are off by the same, a variance that k has between them: the
/// kernel's last number is its logarithm, beforehand as that of noise. What is predicted is of other groups, and without it.
class PACNET_API GaussianProcess {
 public:
  /// x: [rows, inputs]; o: [rows, outputs], or null; y: [rows]; weights: [rows], what each row's noise is divided by, positive, or null
  /// where that is 1; groups: [rows], the same number for rows that belong together, or null where each stands for itself; all are copied.
  /// kernel: null for the one of largest marginal likelihood,
  /// times its density where there is a source, searched by L-BFGS with exact gradients. threads: at most so many, where there are rows
  /// enough.
  GaussianProcess(const float* x, int64_t x_count, const float* o, int64_t o_count, const float* y, const float* weights, const int* groups,
                  int64_t rows, const float* kernel, int64_t kernel_count, int threads);
  ~GaussianProcess();
  GaussianProcess(const GaussianProcess&) = delete;
  GaussianProcess& operator=(const GaussianProcess&) = delete;

  /// Rounded to floats, and used so: a process made from them again is the same, bit for bit.
  void get_kernel(float* out, int64_t count) const;
  /// log p(y | x), y in units of its deviation; with a source, the logarithm of the kernel's density comes to it, over the highest
  /// that it could have.
  double log_likelihood() const;
  /// Mean and standard deviation of the noise-free value at each row of x [rows, inputs] and o, null without a source, in y's unit.
  void predict(const float* x, int64_t x_count, const float* o, int64_t o_count, int64_t rows, float* mean, float* deviation,
               int64_t count) const;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace pacnet
